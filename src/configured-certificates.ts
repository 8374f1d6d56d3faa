/** The certificates the configuration names, each looked at before it is used; else a self-signed one */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, ConfigError, type ConfigSource } from '#core';
import { type CertificatePems, selfSigned } from './certificates.ts';
import type { Authorities } from './s2s/index.ts';

/** Names of the services a host may come to have under its domain: the self-signed certificate holds for them too. */
const SERVICES = ['conference', 'pubsub', 'upload', 'scene'];

/** @param dataDir where the self-signed certificate is kept. @throws ConfigError */
export async function configuredCertificates(
  { certificates, auth, hosts }: Config,
  source: ConfigSource,
  now: number,
  dataDir: string | undefined,
): Promise<CertificatePems> {
  const clientCa = pemAt(['auth', 'client_ca'], auth.client_ca, source, asCertificate);
  const key = pemAt(['certificates', 'key'], certificates.key, source, asPrivateKey);
  const certificate = pemAt(['certificates', 'certificate'], certificates.certificate, source, asCertificate);
  if (key === undefined || certificate === undefined) {
    const domains = Object.keys(hosts);
    const services = domains.flatMap((domain) => [domain, ...SERVICES.map((service) => `${service}.${domain}`)]);
    return { ...(await selfSigned(services, now, dataDir)), clientCa };
  }
  if (!asCertificate(certificate).checkPrivateKey(asPrivateKey(key))) {
    throw new ConfigError([source.problem(['certificates'], `${certificates.key} is the key of another certificate`)]);
  }
  return { key, certificate, clientCa };
}

/** Whom other servers have to have their certificates from. @throws ConfigError */
export function configuredAuthorities({ s2s }: Config, source: ConfigSource): Authorities {
  const pinned = Object.entries(s2s.pinned).map(([domain, file]): [string, string] => [
    domain,
    pemAt(['s2s', 'pinned', domain], file, source, asCertificate) ?? '',
  ]);
  return { all: pemAt(['s2s', 'ca'], s2s.ca, source, asCertificate), pinned: new Map(pinned) };
}

const asCertificate = (pem: string) => new X509Certificate(pem);
const asPrivateKey = (pem: string) => createPrivateKey(pem);

/** The text of a PEM file that `read` makes something of. */
function pemAt(
  path: readonly string[],
  name: string | undefined,
  source: ConfigSource,
  read: (pem: string) => unknown,
): string | undefined {
  if (name === undefined) return undefined;
  const file = resolve(source.dir, name);
  const refused = (message: string, cause: unknown) => new ConfigError([source.problem(path, message)], { cause });
  let pem: string;
  try {
    pem = readFileSync(file, 'utf8');
  } catch (cause) {
    throw refused(`cannot read ${file}: check the path and who may read it`, cause);
  }
  try {
    read(pem);
  } catch (cause) {
    const wanted = read === asPrivateKey ? 'private key without a passphrase' : 'certificate';
    throw refused(`${file} has no ${wanted} in PEM form`, cause);
  }
  return pem;
}
