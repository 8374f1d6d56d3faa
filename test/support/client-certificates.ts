/** Client certificates with JIDs in them (RFC 6120 §13.7.1.4), and authorities that sign them */
import { AsnConvert } from '@peculiar/asn1-schema';
import { DirectoryString, GeneralName, OtherName } from '@peculiar/asn1-x509';
import {
  alternativeNames,
  CertificateAuthority,
  type KeyAndCertificate,
  type Validity,
} from './certificate-authority.ts';

const ID_ON_XMPP_ADDR = '1.3.6.1.5.5.7.8.5';

export interface Authority {
  /** PEM */
  readonly certificate: string;
  issue(jids: readonly string[], validity?: Validity): Promise<KeyAndCertificate>;
}

export async function createAuthority(name: string, now?: number): Promise<Authority> {
  const authority = await CertificateAuthority.create(name, now);
  return {
    certificate: authority.certificate,
    issue: (jids, validity) =>
      authority.issue({
        commonName: 'client',
        extensions: jids.length === 0 ? [] : [alternativeNames(jids.map(xmppAddress))],
        validity,
      }),
  };
}

function xmppAddress(jid: string): GeneralName {
  const value = AsnConvert.serialize(new DirectoryString({ utf8String: jid }));
  return new GeneralName({ otherName: new OtherName({ typeId: ID_ON_XMPP_ADDR, value }) });
}
