/** `tharsis/client` for browsers: WebSocket, and nothing of Node */
import { browserCrypto } from './browser-crypto.ts';
import { Client } from './client.ts';
import { ConnectionLost } from './errors.ts';
import type { Platform } from './link.ts';
import type { ClientOptions } from './options.ts';
import { dialWebSocket, type WebSocketConstructor } from './web-socket.ts';

export * from './exports.ts';

const platform: Platform = {
  crypto: browserCrypto,
  async dial(url, events, signal) {
    if (!/^wss?:$/.test(url.protocol)) throw new ConnectionLost(`a browser cannot connect to ${url.href}`);
    return dialWebSocket(url, events, signal, Reflect.get(globalThis, 'WebSocket') as WebSocketConstructor);
  },
};

/** A client that is logged in. @param prepare adds listeners before anything can happen */
export function connect(options: ClientOptions, prepare?: (client: Client) => void): Promise<Client> {
  return Client.connect(options, platform, prepare);
}
