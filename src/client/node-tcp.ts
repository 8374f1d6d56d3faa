/** TCP and TLS, for Node */
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { ConnectionLost } from './errors.ts';
import type { ChannelBinding, Link, LinkEvents } from './link.ts';

/** @param tls further options of node:tls, such as a certificate authority of one's own */
export function dialTcp(url: URL, events: LinkEvents, signal: AbortSignal, tls: object = {}): Promise<Link> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = Number(url.port);
  const isSecure = url.protocol === 'tls:';
  const socket = isSecure ? connectTls({ host, port, ...tls }) : connect({ host, port });
  socket.setNoDelay();
  return new Promise((resolve, reject) => {
    let cause: Error | undefined;
    const abort = (): void => void socket.destroy(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    socket.on('error', (error) => {
      cause = error;
    });
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      signal.removeEventListener('abort', abort);
      resolve(linkOf(socket, isSecure));
    });
    socket.on('data', (chunk) => events.received(chunk));
    socket.on('close', () => {
      const lost = new ConnectionLost(`${url.host}: ${cause?.message ?? 'the connection was closed'}`, { cause });
      // One of them has no effect.
      reject(lost);
      events.closed(lost);
    });
  });
}

function linkOf(socket: Socket, isSecure: boolean): Link {
  return {
    isSecure,
    channelBinding: isSecure ? exporterOf(socket as TLSSocket) : undefined,
    send(bytes) {
      socket.write(bytes);
    },
    close() {
      socket.end();
      // Whoever does not close its side has no more to say to us.
      socket.setTimeout(1_000, () => socket.destroy());
    },
  };
}

/** RFC 9266; RFC 5705 says nothing certain of older versions of TLS. */
function exporterOf(socket: TLSSocket): ChannelBinding | undefined {
  if (socket.getProtocol() !== 'TLSv1.3') return undefined;
  const data = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
  return { type: 'tls-exporter', data };
}
