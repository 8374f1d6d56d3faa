/** RFC 6120 §5, XEP-0368: TLS below a stream with another server. What a certificate proves is judged by who uses the stream. */
import type { Socket } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import type { TlsContexts } from '#core';

/** XEP-0368 §2 */
const ALPN = 'xmpp-server';

export interface ClientTls {
  /** For SNI; undefined for an IP address. */
  readonly serverName: string | undefined;
  /** PEM; undefined are those Node.js brings. */
  readonly authorities: string | undefined;
  /** Whether TLS begins with the first byte. */
  readonly isDirect: boolean;
}

export function asClient(plain: Socket, tls: TlsContexts, { serverName, authorities, isDirect }: ClientTls): TLSSocket {
  return connect({
    socket: plain,
    secureContext: tls.peerContext(authorities),
    ...(serverName !== undefined && { servername: serverName }),
    ...(isDirect && { ALPNProtocols: [ALPN] }),
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
}

export function asServer(plain: Socket, tls: TlsContexts, authorities: string | undefined): TLSSocket {
  return new TLSSocket(plain, {
    isServer: true,
    secureContext: tls.peerContext(authorities),
    ALPNProtocols: [ALPN],
    requestCert: true,
    rejectUnauthorized: false,
  });
}
