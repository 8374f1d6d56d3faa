/** RFC 6120 §13.7.2, RFC 9525: what the certificate of another server proves */
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { type CertificateNames, certificateNames, isNamed } from './certificate-names.ts';
import type { CertificatePaths } from './certificate-path.ts';

export interface PeerCertificate {
  /** For people: whose it is, and who signed it. */
  readonly description: string;
  /** Why it proves nothing; undefined when authorities that are believed signed it. */
  readonly fault: string | undefined;
  readonly names: CertificateNames;
}

/** Whom to believe. */
export interface Believed {
  readonly paths: CertificatePaths;
  /** PEM; undefined are those Node.js brings. */
  readonly authorities: string | undefined;
  /** Those that OpenSSL was given for the handshake. */
  readonly atHandshake: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Undefined when the peer showed none. */
export function peerCertificate(socket: TLSSocket, believed: Believed): PeerCertificate | undefined {
  const shown: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  if (shown?.raw === undefined) return undefined;
  return { description: describe(shown), fault: fault(socket, shown, believed), names: namesOf(shown) };
}

/** Why the certificate does not prove the domain; undefined when it does. */
export function faultFor(domain: string, certificate: PeerCertificate | undefined): string | undefined {
  if (certificate === undefined) return 'it showed no certificate';
  if (certificate.fault !== undefined) return certificate.fault;
  if (isNamed(domain, certificate.names)) return undefined;
  const { dns, srv, xmpp, ip } = certificate.names;
  return `it is for ${[...new Set([...dns, ...srv, ...xmpp, ...ip])].join(', ') || 'no domain'}, not for ${domain}`;
}

function namesOf({ raw }: DetailedPeerCertificate): CertificateNames {
  try {
    return certificateNames(raw);
  } catch {
    // Names that cannot be read are none.
    return { dns: [], srv: [], xmpp: [], ip: [] };
  }
}

/**
 * OpenSSL's verdict on the chain. `authorized` of a server's socket is set by tls.Server only, and nothing else in the public
 * interface tells it.
 */
function fault(socket: TLSSocket, shown: DetailedPeerCertificate, believed: Believed): string | undefined {
  const { paths, authorities, atHandshake, now } = believed;
  const { _handle } = socket as TLSSocket & { readonly _handle?: { verifyError?(): NodeJS.ErrnoException | null } };
  const error = _handle?.verifyError?.();
  if (authorities === atHandshake) {
    if (error === null) return undefined;
    if (error?.code !== 'INVALID_PURPOSE') return inWords(error?.code);
  }
  try {
    return paths.isTrusted(chainOf(shown), authorities, now) ? undefined : inWords(undefined);
  } catch {
    return 'it cannot be read';
  }
}

function chainOf(leaf: DetailedPeerCertificate): Buffer[] {
  const chain: Buffer[] = [];
  for (let at: DetailedPeerCertificate | undefined = leaf; at?.raw !== undefined; at = at.issuerCertificate) {
    if (chain.some((der) => der.equals(at?.raw as Buffer))) break;
    chain.push(at.raw);
  }
  return chain;
}

function describe({ subject, issuer, valid_to }: DetailedPeerCertificate): string {
  const name = (of: { CN?: string | string[]; O?: string | string[] } | undefined) => of?.CN ?? of?.O ?? 'nobody';
  return `for ${name(subject)} by ${name(issuer)}, valid until ${valid_to}`;
}

function inWords(code: string | undefined): string {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return 'it is self-signed';
    case 'SELF_SIGNED_CERT_IN_CHAIN':
      return 'the authority that signed it is not believed here';
    case 'CERT_HAS_EXPIRED':
      return 'it has expired';
    case 'CERT_NOT_YET_VALID':
      return 'it is not valid yet';
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return 'nobody who is believed here signed it, or an intermediate certificate is missing';
    case 'CERT_REVOKED':
      return 'it was revoked';
    default:
      return code === undefined ? 'nobody who is believed here signed it' : `it is not valid (${code})`;
  }
}
