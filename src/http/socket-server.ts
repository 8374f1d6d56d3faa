/** An HTTP server whose certificates can be replaced while it runs */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { TlsContexts } from '#core';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * @param tls undefined for plain HTTP
 * @param opened called with each connection HTTP will be spoken on, with its TLS still to come
 */
export function createSocketServer(
  handler: RequestListener,
  tls: TlsContexts | undefined,
  opened: (socket: Socket) => void,
): Server {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, noDelay: true },
    handler,
  );
  if (tls === undefined) server.on('connection', opened);
  else wrapInTls(server, tls, opened);
  return server;
}

/**
 * Puts TLS below the server, as node:https does; but there the certificate for clients without SNI is fixed when the
 * server is made, here every handshake asks for what is valid now.
 */
function wrapInTls(server: Server, tls: TlsContexts, opened: (socket: Socket) => void): void {
  const serve = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket) => {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: tls.context(undefined),
      SNICallback: (name, answer) => answer(null, tls.context(name)),
      ALPNProtocols: ['http/1.1'],
    });
    opened(secured);
    secured.on('error', () => secured.destroy());
    secured.setTimeout(HANDSHAKE_TIMEOUT_MS, () => secured.destroy());
    secured.once('secure', () => {
      secured.setTimeout(0);
      secured.removeAllListeners('timeout');
      for (const listener of serve) listener.call(server, secured);
    });
  });
}
