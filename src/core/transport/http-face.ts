/** How transports that ride on HTTP share its servers */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Listener } from './transport.ts';

export interface HttpListenerOptions {
  readonly address: string;
  readonly port: number;
  /** HTTPS with the server's certificates. */
  readonly tls: boolean;
}

/** Takes over a connection that asks to be upgraded. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** A way to connect that XEP-0156 announces in host-meta. */
export interface AlternativeConnection {
  /** Such as `urn:xmpp:alt-connections:websocket`. */
  readonly rel: string;
  /** Path on the server that is asked, with a leading slash. */
  readonly path: string;
  /** URL schemes without and with TLS, such as ws and wss. */
  readonly schemes: readonly [plain: string, secure: string];
}

export interface HttpFace {
  /** A listener on this address; one that is there already is shared. */
  listen(options: HttpListenerOptions): Promise<Listener>;
  /** Upgrade requests for this path go to `handler`, on every listener. */
  upgrade(path: string, handler: UpgradeHandler): void;
  announce(connection: AlternativeConnection): void;
}
