/** Client certificates with JIDs in them (RFC 6120 §13.7.1.4), and authorities that sign them */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { AsnConvert } from '@peculiar/asn1-schema';
import { DirectoryString, GeneralName, OtherName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import {
  BasicConstraintsExtension,
  Extension,
  PemConverter,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const ID_ON_XMPP_ADDR = '1.3.6.1.5.5.7.8.5';
const SUBJECT_ALT_NAME = '2.5.29.17';
const DAY_MS = 86_400_000;

/** PEM texts, as node:tls takes them. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export interface Authority {
  /** PEM */
  readonly certificate: string;
  issue(jids: readonly string[], validity?: { readonly from: Date; readonly until: Date }): Promise<KeyAndCertificate>;
}

export async function createAuthority(name: string, now = Date.now()): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const present = { from: new Date(now - DAY_MS), until: new Date(now + DAY_MS) };
  const authority: X509Certificate = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: `CN=${name}`, signingAlgorithm: ALGORITHM, keys },
    ...{ notBefore: present.from, notAfter: present.until },
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    certificate: authority.toString('pem'),
    async issue(jids, { from, until } = present) {
      const own = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const certificate = await X509CertificateGenerator.create({
        serialNumber: `0${++serial}`,
        subject: 'CN=client',
        issuer: authority.subject,
        ...{ notBefore: from, notAfter: until, signingAlgorithm: ALGORITHM },
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: jids.length === 0 ? [] : [jidExtension(jids)],
      });
      const key = await webcrypto.subtle.exportKey('pkcs8', own.privateKey);
      return { key: PemConverter.encode(key, 'PRIVATE KEY'), cert: certificate.toString('pem') };
    },
  };
}

function jidExtension(jids: readonly string[]): Extension {
  const names = jids.map((jid) => {
    const value = AsnConvert.serialize(new DirectoryString({ utf8String: jid }));
    return new GeneralName({ otherName: new OtherName({ typeId: ID_ON_XMPP_ADDR, value }) });
  });
  return new Extension(SUBJECT_ALT_NAME, false, AsnConvert.serialize(new SubjectAlternativeName(names)));
}
