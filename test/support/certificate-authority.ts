/** RFC 5280: authorities that sign certificates for tests, good ones and bad ones */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { AsnConvert, AsnIA5StringConverter } from '@peculiar/asn1-schema';
import { GeneralName, OtherName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Extension,
  PemConverter,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SUBJECT_ALT_NAME = '2.5.29.17';
/** RFC 4985 */
const ID_ON_DNS_SRV = '1.3.6.1.5.5.7.8.7';
const DAY_MS = 86_400_000;

type KeyPair = webcrypto.CryptoKeyPair;

/** PEM texts, as node:tls takes them. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Validity {
  readonly from: Date;
  readonly until: Date;
}

export interface Subject {
  readonly commonName: string;
  readonly extensions: readonly Extension[];
  /** Default: that of the authority. */
  readonly validity?: Validity | undefined;
}

/** What a certificate of a server says about it. */
export interface ServerSubject {
  /** DNS-IDs; the first is the common name as well. */
  readonly domains: readonly string[];
  /** SRV-IDs such as `_xmpp-server.a.example`. */
  readonly services?: readonly string[];
  /** Default: no extension that restricts the use. */
  readonly usages?: readonly ('serverAuth' | 'clientAuth')[];
  readonly validity?: Validity;
}

export class CertificateAuthority {
  /** PEM */
  readonly certificate: string;
  readonly #name: string;
  readonly #keys: KeyPair;
  readonly #validity: Validity;
  #serial = 1;

  private constructor(name: string, keys: KeyPair, certificate: string, validity: Validity) {
    this.#name = name;
    this.#keys = keys;
    this.certificate = certificate;
    this.#validity = validity;
  }

  static async create(name: string, now = Date.now()): Promise<CertificateAuthority> {
    const keys = await newKeys();
    const validity = { from: new Date(now - DAY_MS), until: new Date(now + DAY_MS) };
    const certificate = await X509CertificateGenerator.createSelfSigned({
      ...{ serialNumber: '01', name: `CN=${name}`, signingAlgorithm: ALGORITHM, keys },
      ...{ notBefore: validity.from, notAfter: validity.until },
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new CertificateAuthority(`CN=${name}`, keys, certificate.toString('pem'), validity);
  }

  async issue({ commonName, extensions, validity = this.#validity }: Subject): Promise<KeyAndCertificate> {
    const own = await newKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: (++this.#serial).toString(16).padStart(4, '0'),
      subject: `CN=${commonName}`,
      issuer: this.#name,
      ...{ notBefore: validity.from, notAfter: validity.until, signingAlgorithm: ALGORITHM },
      publicKey: own.publicKey,
      signingKey: this.#keys.privateKey,
      extensions: [...extensions],
    });
    return { key: await privatePem(own), cert: certificate.toString('pem') };
  }

  issueToServer(subject: ServerSubject): Promise<KeyAndCertificate> {
    const [commonName = ''] = subject.domains;
    return this.issue({ commonName, extensions: serverExtensions(subject), validity: subject.validity });
  }
}

/** A certificate that nobody vouches for. */
export async function selfSignedServer(subject: ServerSubject, now = Date.now()): Promise<KeyAndCertificate> {
  const keys = await newKeys();
  const { from, until } = subject.validity ?? { from: new Date(now - DAY_MS), until: new Date(now + DAY_MS) };
  const certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: `CN=${subject.domains[0]}`, signingAlgorithm: ALGORITHM, keys },
    ...{ notBefore: from, notAfter: until, extensions: serverExtensions(subject) },
  });
  return { key: await privatePem(keys), cert: certificate.toString('pem') };
}

/** The time in which a certificate was good that is expired by now. */
export function longAgo(now = Date.now()): Validity {
  return { from: new Date(now - 3 * DAY_MS), until: new Date(now - 2 * DAY_MS) };
}

export function alternativeNames(names: readonly GeneralName[]): Extension {
  return new Extension(SUBJECT_ALT_NAME, false, AsnConvert.serialize(new SubjectAlternativeName([...names])));
}

function serverExtensions({ domains, services = [], usages }: ServerSubject): Extension[] {
  const names = [
    ...domains.map((domain) => new GeneralName({ dNSName: domain })),
    ...services.map((service) => {
      const value = AsnIA5StringConverter.toASN(service).toBER();
      return new GeneralName({ otherName: new OtherName({ typeId: ID_ON_DNS_SRV, value }) });
    }),
  ];
  const purposes = usages?.map((usage) => ExtendedKeyUsage[usage]);
  return [alternativeNames(names), ...(purposes === undefined ? [] : [new ExtendedKeyUsageExtension(purposes)])];
}

function newKeys(): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

async function privatePem(keys: KeyPair): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}
