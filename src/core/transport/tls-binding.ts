/** RFC 9266, RFC 5929: channel bindings of a TLS connection */
import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ChannelBindingType } from '../auth/index.ts';
import { X509Certificate } from '../x509/index.ts';

/** tls-exporter is safe from TLS 1.3 on (RFC 9266 §4.2: earlier only with extended master secret, which Node does not tell). */
export function tlsChannelBindings(socket: TLSSocket): readonly ChannelBindingType[] {
  return socket.getProtocol() === 'TLSv1.3' ? ['tls-exporter', 'tls-server-end-point'] : ['tls-server-end-point'];
}

/** @param certificate the server's own, in DER */
export function tlsChannelBinding(
  socket: TLSSocket,
  type: ChannelBindingType,
  certificate: Uint8Array,
): Uint8Array | undefined {
  if (type === 'tls-server-end-point') return endPoint(certificate);
  if (type !== 'tls-exporter' || socket.getProtocol() !== 'TLSv1.3') return undefined;
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

/** RFC 5929 §4.1: the hash of the certificate's signature algorithm, SHA-256 where that is MD5 or SHA-1. */
function endPoint(certificate: Uint8Array): Uint8Array {
  const { hash } = new X509Certificate(new Uint8Array(certificate)).signatureAlgorithm as { hash?: { name: string } };
  const name = (hash?.name ?? 'SHA-256').replace('-', '').toLowerCase();
  return createHash(name === 'md5' || name === 'sha1' ? 'sha256' : name)
    .update(certificate)
    .digest();
}
