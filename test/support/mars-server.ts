/** A whole server with a Mars listener, and clients that go when the test is over */
import { afterEach } from 'vitest';
import type { Plugin } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from './manual-clock.ts';
import { MarsClient } from './mars-client.ts';
import { type LogLine, quietLog } from './quiet-log.ts';

const ADDRESS = { address: '127.0.0.1', port: 0 };

export interface MarsServer {
  readonly server: TestServer;
  readonly clock: ManualClock;
  readonly lines: readonly LogLine[];
  /** The static key of the Noise handshake. */
  readonly publicKey: Uint8Array;
  readonly port: number;
  connect(): Promise<MarsClient>;
  connectTls(): Promise<MarsClient>;
  connectWebSocket(): Promise<MarsClient>;
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** With accounts juliet, romeo and tybalt, whose password is `secret`. @param config of the server; `mars` of its listener */
export async function startMars(
  config: object = {},
  mars: object = {},
  plugins: readonly Plugin[] = [],
): Promise<MarsServer> {
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const server = await createTestServer({
    clock,
    log: quietLog(lines),
    plugins,
    config: {
      auth: { plain_without_tls: true },
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
        { transport: 'websocket', ...ADDRESS },
        { transport: 'tcp-mars', ...ADDRESS, encryption: 'optional', ...mars },
      ],
      ...config,
    },
  });
  undo.push(() => server.stop());
  for (const name of ['juliet', 'romeo', 'tybalt']) await server.addUser(name, 'secret');
  const own = (client: MarsClient): MarsClient => {
    undo.push(() => client.destroy());
    return client;
  };
  const port = server.port('tcp-mars');
  const listener = server.listeners.find(({ transport }) => transport === 'tcp-mars');
  return {
    ...{ server, clock, lines, port },
    publicKey: Buffer.from(listener?.publicKey ?? '', 'base64'),
    connect: async () => own(await MarsClient.tcp(port)),
    connectTls: async () => own(await MarsClient.tls(port)),
    connectWebSocket: async () => own(await MarsClient.webSocket(server.port('websocket'))),
  };
}
