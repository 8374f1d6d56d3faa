/** The certificate the server shows: the administrator's, or a self-signed one made at the first start */
import { randomBytes, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { TlsContexts } from '#core';
import { writeWhole } from './write-whole.ts';

/** PEM texts. */
export interface CertificatePems {
  readonly key: string;
  /** The certificate, then its intermediates. */
  readonly certificate: string;
  /** Authorities that client certificates are checked against (XEP-0178); without them none is asked for. */
  readonly clientCa?: string | undefined;
}

/** Ten years: nobody renews a self-signed certificate. */
const LIFETIME_MS = 10 * 365 * 24 * 3_600_000;

export class Certificates implements TlsContexts {
  #pems: CertificatePems;
  #context;
  /** By the authorities that are believed. */
  #peerContexts = new Map<string | undefined, SecureContext>();

  constructor(pems: CertificatePems) {
    this.#pems = pems;
    this.#context = load(pems);
  }

  get requestsClientCertificates(): boolean {
    return this.#pems.clientCa !== undefined;
  }

  context() {
    return this.#context;
  }

  peerContext(authorities: string | undefined): SecureContext {
    const known = this.#peerContexts.get(authorities);
    if (known !== undefined) return known;
    const made = load({ ...this.#pems, clientCa: authorities });
    this.#peerContexts.set(authorities, made);
    return made;
  }

  /** For connections from now on. */
  replace(pems: CertificatePems): void {
    this.#context = load(pems);
    this.#pems = pems;
    this.#peerContexts.clear();
  }
}

function load({ key, certificate: cert, clientCa: ca }: CertificatePems) {
  // Without an id context OpenSSL breaks off with clients that resume a session where client certificates are asked for.
  const options = { key, cert, minVersion: 'TLSv1.2', sessionIdContext: 'tharsis' } as const;
  return createSecureContext({ ...options, ...(ca !== undefined && { ca }) });
}

/** A self-signed certificate for the domains, kept in `directory` when there is one. */
export async function selfSigned(
  domains: readonly string[],
  now: number,
  directory?: string,
): Promise<CertificatePems> {
  const files = directory && { key: join(directory, 'self-signed.key'), crt: join(directory, 'self-signed.crt') };
  if (files && existsSync(files.key) && existsSync(files.crt)) {
    return { key: readFileSync(files.key, 'utf8'), certificate: readFileSync(files.crt, 'utf8') };
  }
  const pems = await generate(domains, now);
  if (files) {
    writeWhole(files.key, pems.key, 0o600);
    writeWhole(files.crt, pems.certificate, 0o644);
  }
  return pems;
}

async function generate(domains: readonly string[], now: number): Promise<CertificatePems> {
  const { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import(
    './core/x509/index.ts'
  );
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: `CN=${domains[0] ?? 'localhost'}`,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + LIFETIME_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value })))],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: PemConverter.encode(key, 'PRIVATE KEY'), certificate: certificate.toString('pem') };
}
