/** The certificate the server shows: the administrator's, or a self-signed one made at the first start */
import { randomBytes, webcrypto, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { TlsContexts } from '#core';

export interface CertificateFiles {
  /** PEM: the private key. */
  readonly key: string;
  /** PEM: the certificate, then its intermediates. */
  readonly certificate: string;
  /** PEM: authorities that client certificates are checked against (XEP-0178); none are asked for without it. */
  readonly clientCa?: string | undefined;
}

const YEAR_MS = 365 * 24 * 3_600_000;

/** Loads the files anew at every `reload`; connections made before keep the certificate they have. */
export class Certificates implements TlsContexts {
  #files: CertificateFiles;
  #context;
  #der: Uint8Array;

  /** @throws Error naming the file that is missing or does not fit. */
  constructor(files: CertificateFiles) {
    this.#files = files;
    [this.#context, this.#der] = load(files);
  }

  get requestsClientCertificates(): boolean {
    return this.#files.clientCa !== undefined;
  }

  context() {
    return this.#context;
  }

  certificate(): Uint8Array {
    return this.#der;
  }

  /** @throws Error as the constructor; the certificate in use stays. */
  reload(files: CertificateFiles): void {
    [this.#context, this.#der] = load(files);
    this.#files = files;
  }
}

function load(files: CertificateFiles) {
  const key = read(files.key);
  const cert = read(files.certificate);
  const ca = files.clientCa === undefined ? undefined : read(files.clientCa);
  try {
    const der = new X509Certificate(cert).raw;
    return [createSecureContext({ key, cert, ...(ca && { ca }), minVersion: 'TLSv1.2' }), der] as const;
  } catch (cause) {
    throw new Error(`${files.certificate} and ${files.key} are no certificate and its key`, { cause });
  }
}

function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw new Error(`cannot read ${file}: check the path and who may read it`, { cause });
  }
}

/** Makes a self-signed certificate for the domains in `directory`, unless one is there. */
export async function selfSigned(
  directory: string,
  domains: readonly string[],
  now: number,
): Promise<CertificateFiles> {
  const files = { key: join(directory, 'self-signed.key'), certificate: join(directory, 'self-signed.crt') };
  if (existsSync(files.key) && existsSync(files.certificate)) return files;
  const { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import(
    './core/x509/index.ts'
  );
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex'),
    name: `CN=${domains[0] ?? 'localhost'}`,
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 10 * YEAR_MS),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new SubjectAlternativeNameExtension(domains.map((value) => ({ type: 'dns', value })))],
  });
  mkdirSync(directory, { recursive: true });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  writeFileSync(files.key, PemConverter.encode(key, 'PRIVATE KEY'), { mode: 0o600 });
  writeFileSync(files.certificate, certificate.toString('pem'));
  return files;
}
