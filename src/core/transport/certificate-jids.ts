/** RFC 6120 §13.7.1.4, XEP-0178: the JIDs a client certificate names */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, DirectoryString, id_ce_subjectAltName, SubjectAlternativeName } from '@peculiar/asn1-x509';

const ID_ON_XMPP_ADDR = '1.3.6.1.5.5.7.8.5';

/** Undefined without a client certificate that was verified against the configured authorities. */
export function certificateJids(socket: Socket): readonly string[] | undefined {
  if (!(socket instanceof TLSSocket && isVerified(socket))) return undefined;
  const { raw } = socket.getPeerCertificate();
  return raw === undefined ? undefined : xmppAddresses(raw);
}

/**
 * `authorized` is set by tls.Server only. A socket that had STARTTLS has no such server, and the outcome of OpenSSL's check of the
 * chain is nowhere else in the public interface.
 */
function isVerified(socket: TLSSocket & { readonly _handle?: { verifyError?(): Error | null } }): boolean {
  return socket.authorized || socket._handle?.verifyError?.() === null;
}

/** The id-on-xmppAddr names of a certificate in DER. */
export function xmppAddresses(der: Uint8Array): readonly string[] {
  const { extensions = [] } = AsnConvert.parse(der, Certificate).tbsCertificate;
  const extension = extensions.find(({ extnID }) => extnID === id_ce_subjectAltName);
  if (extension === undefined) return [];
  const jids: string[] = [];
  for (const { otherName } of AsnConvert.parse(extension.extnValue.buffer, SubjectAlternativeName)) {
    if (otherName?.typeId === ID_ON_XMPP_ADDR) jids.push(AsnConvert.parse(otherName.value, DirectoryString).toString());
  }
  return jids;
}
