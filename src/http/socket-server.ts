/** An HTTP server whose certificates can be replaced while it runs, and which can stand behind a proxy */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  acceptBehindProxy,
  clientAddress,
  Networks,
  type ProxyEnvironment,
  setClientAddress,
  type TlsContexts,
} from '#core';

const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 30_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface SocketServerParts {
  /** Undefined for plain HTTP. */
  readonly tls: TlsContexts | undefined;
  /** Who sends a PROXY header; empty: connections begin without one. */
  readonly proxies: readonly string[];
  readonly environment: ProxyEnvironment;
  /** Called with each connection HTTP will be spoken on, with its TLS still to come. */
  opened(socket: Socket): void;
}

type Serve = (socket: Socket) => void;

export function createSocketServer(handler: RequestListener, parts: SocketServerParts): Server {
  const { tls, proxies, environment, opened } = parts;
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, noDelay: true },
    handler,
  );
  if (tls === undefined) server.on('connection', opened);
  else wrap(server, (serve) => inTls(serve, tls, opened));
  if (proxies.length > 0) {
    const networks = new Networks(proxies);
    wrap(server, (serve) => (socket) => {
      acceptBehindProxy(socket, networks, environment, () => {
        serve(socket);
        if (tls === undefined) socket.resume();
      });
    });
  }
  return server;
}

/** Puts something between the socket and who serves it. */
function wrap(server: Server, around: (serve: Serve) => Serve): void {
  const listeners = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const wrapped = around((socket) => {
    for (const listener of listeners) listener.call(server, socket);
  });
  server.on('connection', wrapped);
}

/**
 * As node:https does; but there the certificate for clients without SNI is fixed when the server is made, here every
 * handshake asks for what is valid now.
 */
function inTls(serve: Serve, tls: TlsContexts, opened: Serve): Serve {
  return (socket) => {
    const secured = new TLSSocket(socket, {
      isServer: true,
      secureContext: tls.context(undefined),
      SNICallback: (name, answer) => answer(null, tls.context(name)),
      ALPNProtocols: ['http/1.1'],
    });
    setClientAddress(secured, clientAddress(socket));
    opened(secured);
    secured.on('error', () => secured.destroy());
    secured.setTimeout(HANDSHAKE_TIMEOUT_MS, () => secured.destroy());
    secured.once('secure', () => {
      secured.setTimeout(0);
      secured.removeAllListeners('timeout');
      serve(secured);
    });
  };
}
