/** A whole server with a goim listener and its push calls, and clients that go when the test is over */
import { afterEach } from 'vitest';
import type { Plugin } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { freePort } from './free-port.ts';
import { GoimClient } from './goim-client.ts';
import { ManualClock } from './manual-clock.ts';
import { type LogLine, quietLog } from './quiet-log.ts';

const ADDRESS = { address: '127.0.0.1', port: 0 };

export interface GoimServer {
  readonly server: TestServer;
  readonly clock: ManualClock;
  readonly lines: readonly LogLine[];
  readonly port: number;
  connect(): Promise<GoimClient>;
  connectTls(): Promise<GoimClient>;
  /** @param body makes it a POST */
  http(path: string, body?: Uint8Array, headers?: Record<string, string>): Promise<Response>;
}

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/**
 * With accounts 1 and 2, whose password is `secret`.
 *
 * @param goim of the listener
 * @param config of the server
 * @param more options of the push calls, which need no token without any; plugins of the server
 */
export async function startGoim(
  goim: object = {},
  config: object = {},
  { push = { access: 'open' }, plugins = [] }: { push?: object; plugins?: readonly Plugin[] } = {},
): Promise<GoimServer> {
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const goim_push = { ...ADDRESS, port: await freePort(), ...push };
  const server = await createTestServer({
    clock,
    log: quietLog(lines),
    plugins,
    config: {
      auth: { plain_without_tls: true },
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
        { transport: 'tcp-mars', dialect: 'goim', ...ADDRESS, encryption: 'optional', goim_push, ...goim },
      ],
      ...config,
    },
  });
  undo.push(() => server.stop());
  for (const name of ['1', '2']) await server.addUser(name, 'secret');
  const port = server.port('tcp-mars');
  const own = (client: GoimClient): GoimClient => {
    undo.push(() => client.destroy());
    return client;
  };
  return {
    ...{ server, clock, lines, port },
    connect: async () => own(await GoimClient.connect(port)),
    connectTls: async () => own(await GoimClient.connectTls(port)),
    http: (path, body, headers = {}) =>
      fetch(`http://127.0.0.1:${goim_push.port}${path}`, { headers, ...(body && { method: 'POST', body }) }),
  };
}
