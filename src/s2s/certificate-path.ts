/**
 * RFC 5280 §6: whether authorities that are believed have signed a certificate, for what OpenSSL refuses to look into:
 * the certificate of a server that comes as a TLS client, without the usage clientAuth. Public authorities do not give it
 * to servers any more. Where this is less thorough than OpenSSL, it refuses.
 */
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { AsnConvert } from '@peculiar/asn1-schema';
import { BasicConstraints, Certificate, id_ce_basicConstraints, id_ce_nameConstraints } from '@peculiar/asn1-x509';

const LONGEST_PATH = 8;
const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** By the text of the authorities; undefined are those Node.js brings. */
export class CertificatePaths {
  readonly #authorities = new Map<string | undefined, readonly X509Certificate[]>();

  /**
   * @param chain as the peer showed it, in DER, its own certificate first
   * @param pem the authorities that are believed
   */
  isTrusted(chain: readonly Buffer[], pem: string | undefined, now: number): boolean {
    const [leaf, ...others] = chain.slice(0, LONGEST_PATH).map((der) => new X509Certificate(der));
    if (leaf === undefined || !isInTime(leaf, now)) return false;
    return leadsUp(leaf, others, this.#trusted(pem), now, 0);
  }

  #trusted(pem: string | undefined): readonly X509Certificate[] {
    const known = this.#authorities.get(pem);
    if (known !== undefined) return known;
    const read = (pem === undefined ? rootCertificates : (pem.match(PEM) ?? [])).map((one) => new X509Certificate(one));
    this.#authorities.set(pem, read);
    return read;
  }
}

/** @param between how many certificates of authorities there are below the next one */
function leadsUp(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  now: number,
  between: number,
): boolean {
  if (between >= LONGEST_PATH) return false;
  const mayIssue = (issuer: X509Certificate) => hasIssued(issuer, certificate) && isAuthority(issuer, between, now);
  if (trusted.some(mayIssue)) return true;
  return others.some((issuer) => {
    if (!mayIssue(issuer)) return false;
    const rest = others.filter((other) => other !== issuer);
    return leadsUp(issuer, rest, trusted, now, between + 1);
  });
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** §4.2.1.9. Names an authority is limited to (§4.2.1.10) are not looked into, so such an authority is none here. */
function isAuthority(certificate: X509Certificate, below: number, now: number): boolean {
  if (!certificate.ca || !isInTime(certificate, now)) return false;
  const { extensions = [] } = AsnConvert.parse(certificate.raw, Certificate).tbsCertificate;
  if (extensions.some(({ extnID }) => extnID === id_ce_nameConstraints)) return false;
  const constraints = extensions.find(({ extnID }) => extnID === id_ce_basicConstraints);
  if (constraints === undefined) return false;
  const { pathLenConstraint } = AsnConvert.parse(constraints.extnValue.buffer, BasicConstraints);
  return pathLenConstraint === undefined || below <= pathLenConstraint;
}

function isInTime({ validFrom, validTo }: X509Certificate, now: number): boolean {
  return Date.parse(validFrom) <= now && now <= Date.parse(validTo);
}
