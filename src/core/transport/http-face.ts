/** How transports that ride on HTTP share its servers */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Awaitable } from '../awaitable.ts';
import type { Listener } from './transport.ts';

export interface HttpListenerOptions {
  readonly address: string;
  readonly port: number;
  /** HTTPS with the server's certificates. */
  readonly tls: boolean;
  /** Addresses and networks that begin connections with a PROXY header; none: connections begin with the request. */
  readonly proxies?: readonly string[];
}

/**
 * Takes over a connection that asks to be upgraded.
 * @throws UpgradeRefused before it has written anything: the server answers with that status and closes.
 */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Answers a request for an upgrade with a status of its own (RFC 9110 §7.8, §15.5). */
export class UpgradeRefused extends Error {
  override readonly name = 'UpgradeRefused';
  readonly status: number;

  /** @param message goes to the peer as plain text */
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A way to connect that XEP-0156 announces in host-meta. */
export interface AlternativeConnection {
  /** Such as `urn:xmpp:alt-connections:websocket`. */
  readonly rel: string;
  /** Path on the listener that is asked, with a leading slash. */
  readonly path: string;
  /** URL schemes without and with TLS, such as ws and wss. */
  readonly schemes: readonly [plain: string, secure: string];
}

export interface HttpRequest {
  readonly query: URLSearchParams;
  readonly body: Uint8Array;
  /** IP address of the client. */
  readonly peer: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Media type. */
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** Requests for one path that a transport answers itself. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST';
  /** With a leading slash. */
  readonly path: string;
  /** Of the API token that a request has to bring, such as `session:read`; absent: it needs none. */
  readonly scope?: ((query: URLSearchParams) => string) | undefined;
  /** Most bytes of a body. */
  readonly bodyBytes: number;
  answer(request: HttpRequest): Awaitable<HttpAnswer>;
}

export interface HttpListener extends Listener {
  /** Upgrade requests for this path go to `handler`. @throws Error when the path is taken */
  upgrade(path: string, handler: UpgradeHandler): void;
  announce(connection: AlternativeConnection): void;
  /** @throws Error when the path is taken */
  route(route: HttpRoute): void;
}

export interface HttpFace {
  /** A listener on this address; one that is there already is shared, and stops when all who asked for it have stopped it. */
  listen(options: HttpListenerOptions): Promise<HttpListener>;
}
