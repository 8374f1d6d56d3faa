/** `tharsis/client` for Node: TCP, TLS, and WebSocket where Node has one */
import { Client } from './client.ts';
import { ConnectionLost } from './errors.ts';
import type { Platform } from './link.ts';
import { nodeCrypto } from './node-crypto.ts';
import { dialTcp } from './node-tcp.ts';
import type { ClientOptions } from './options.ts';
import { Router, type RouterOptions } from './router.ts';
import { dialWebSocket, type WebSocketConstructor } from './web-socket.ts';

export * from './exports.ts';
export { RoutedUser } from './routed-user.ts';
export { Router, type RouterEvents, type RouterOptions, type UserToEnter } from './router.ts';

export interface NodeClientOptions extends ClientOptions {
  /** For `tls://`, as for `tls.connect()`: `ca`, `rejectUnauthorized`, ... */
  readonly tls?: object | undefined;
  /** For `ws://` and `wss://`; by default the one of Node, from version 22 on. */
  readonly WebSocket?: unknown;
}

/** A client that is logged in. @param prepare adds listeners before anything can happen */
export function connect(options: NodeClientOptions, prepare?: (client: Client) => void): Promise<Client> {
  return Client.connect(options, platformOf(options), prepare);
}

export interface NodeRouterOptions extends RouterOptions, Pick<NodeClientOptions, 'tls' | 'WebSocket'> {}

/** A game server that stands in for its users (docs/routers.md). @param prepare adds listeners before anything can happen */
export function connectRouter(options: NodeRouterOptions, prepare?: (router: Router) => void): Promise<Router> {
  return Router.connect(options, platformOf(options), prepare);
}

function platformOf({
  tls,
  WebSocket = Reflect.get(globalThis, 'WebSocket'),
}: Pick<NodeClientOptions, 'tls' | 'WebSocket'>): Platform {
  return {
    crypto: nodeCrypto,
    async dial(url, events, signal) {
      switch (url.protocol) {
        case 'tcp:':
        case 'tls:':
          return dialTcp(url, events, signal, tls);
        case 'ws:':
        case 'wss:':
          if (typeof WebSocket !== 'function') throw new ConnectionLost('this version of Node has no WebSocket');
          return dialWebSocket(url, events, signal, WebSocket as WebSocketConstructor);
        default:
          throw new ConnectionLost(`${url.protocol} is none of tcp:, tls:, ws: and wss:`);
      }
    },
  };
}
