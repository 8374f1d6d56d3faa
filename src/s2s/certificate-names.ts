/** RFC 9525, RFC 6120 §13.7.1.2: the domains a server certificate holds for */
import { isIP } from 'node:net';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, type GeneralName, id_ce_subjectAltName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { xmppAddresses } from '#core';
import { asciiDomain } from './resolve.ts';

const ID_ON_DNS_SRV = '1.3.6.1.5.5.7.8.7';
const SERVICE = '_xmpp-server.';
/** Tag of an IA5String. */
const IA5_STRING = 0x16;

/** The identifiers of a certificate (RFC 9525 §2). The subject's common name is none of them (§2: no CN-ID). */
export interface CertificateNames {
  /** DNS-IDs, perhaps with a wildcard. */
  readonly dns: readonly string[];
  /** SRV-IDs of servers, without the name of the service. */
  readonly srv: readonly string[];
  /** XmppAddr, which RFC 3920 had (RFC 6120 §13.7.1.4). */
  readonly xmpp: readonly string[];
  readonly ip: readonly string[];
}

/** @param der the certificate */
export function certificateNames(der: Uint8Array): CertificateNames {
  const names: readonly GeneralName[] = alternativeNames(der);
  return {
    dns: names.flatMap(({ dNSName }) => (dNSName === undefined ? [] : [dNSName.toLowerCase()])),
    srv: names.flatMap(srvName),
    xmpp: xmppAddresses(der),
    ip: names.flatMap(({ iPAddress }) => (iPAddress === undefined ? [] : [iPAddress])),
  };
}

/** RFC 9525 §6: whether one of the names is that of the domain. */
export function isNamed(domain: string, { dns, srv, xmpp, ip }: CertificateNames): boolean {
  const host = asciiDomain(domain).toLowerCase();
  if (isIP(host) !== 0) return ip.includes(host);
  return dns.some((name) => matches(name, host)) || srv.includes(host) || xmpp.includes(domain);
}

/** §6.3: a wildcard is the whole left-most label, and stands for one label. */
function matches(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  const dot = host.indexOf('.');
  return dot > 0 && host.slice(dot + 1) === pattern.slice(2);
}

function alternativeNames(der: Uint8Array): readonly GeneralName[] {
  const { extensions = [] } = AsnConvert.parse(der, Certificate).tbsCertificate;
  const extension = extensions.find(({ extnID }) => extnID === id_ce_subjectAltName);
  return extension === undefined ? [] : AsnConvert.parse(extension.extnValue.buffer, SubjectAlternativeName);
}

/** RFC 4985 §2 */
function srvName({ otherName }: GeneralName): string[] {
  if (otherName?.typeId !== ID_ON_DNS_SRV) return [];
  const value = Buffer.from(otherName.value);
  if (value[0] !== IA5_STRING || value.length < 2) return [];
  const text = value
    .subarray(2, 2 + (value[1] ?? 0))
    .toString('latin1')
    .toLowerCase();
  return text.startsWith(SERVICE) ? [text.slice(SERVICE.length)] : [];
}
