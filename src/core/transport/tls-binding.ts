/** RFC 9266, RFC 5929: channel bindings of a TLS connection */
import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { ChannelBindingType } from '../auth/index.ts';
import { X509Certificate } from '../x509/index.ts';

/**
 * What is announced (XEP-0440): nothing without TLS. tls-exporter is safe from TLS 1.3 on (RFC 9266 §4.2: earlier only with extended master secret,
 * which Node does not tell). tls-unique is not announced, because it is the weakest, but taken.
 */
export function tlsChannelBindings(socket: Duplex): readonly ChannelBindingType[] {
  if (!(socket instanceof TLSSocket)) return [];
  return socket.getProtocol() === 'TLSv1.3' ? ['tls-exporter', 'tls-server-end-point'] : ['tls-server-end-point'];
}

export function tlsChannelBinding(socket: Duplex, type: ChannelBindingType): Uint8Array | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  if (type === 'tls-server-end-point') return endPoint(socket);
  if (type === 'tls-unique') return firstFinished(socket);
  if (type !== 'tls-exporter' || socket.getProtocol() !== 'TLSv1.3') return undefined;
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

/**
 * RFC 5929 §3.1: the first Finished message of the handshake, which is the client's unless a session is resumed. RFC 5802 §6.1 has
 * every server with channel binding take it. It is undefined on TLS 1.3 (RFC 9266 §3), but Python's ssl, and so Slixmpp before
 * 1.8.5, knows no other and uses it there too: such clients could not log in, as they tell `y` with the other mechanisms.
 */
function firstFinished(socket: TLSSocket): Uint8Array | undefined {
  return socket.isSessionReused() ? socket.getFinished() : socket.getPeerFinished();
}

/** RFC 5929 §4.1: the hash of the certificate's signature algorithm, SHA-256 where that is MD5 or SHA-1. */
function endPoint(socket: TLSSocket): Uint8Array | undefined {
  // The one shown on this connection: the server may have taken another since.
  const own = socket.getCertificate();
  if (own === null || !('raw' in own)) return undefined;
  const certificate = new Uint8Array(own.raw);
  const { hash } = new X509Certificate(certificate).signatureAlgorithm as { hash?: { name: string } };
  const name = (hash?.name ?? 'SHA-256').replace('-', '').toLowerCase();
  return createHash(name === 'md5' || name === 'sha1' ? 'sha256' : name)
    .update(certificate)
    .digest();
}
