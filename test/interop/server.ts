/** The server as clients meet it: every way in, on ports of its own, with a certificate they are to check */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestServer } from '../../src/testing.ts';
import type { Account } from './client.ts';

/** All of them listen on 127.0.0.1, and serve the domain `localhost`. */
export interface InteropServer {
  /** Ports. */
  readonly startTls: number;
  readonly directTls: number;
  /** URLs. */
  readonly ws: string;
  readonly wss: string;
  /** Path of the self-signed certificate, in PEM. */
  readonly certificate: string;
  /** How many times a session was resumed. */
  resumptions(): number;
  addAccount(localpart: string): Promise<Account>;
  stop(): Promise<void>;
}

const ADDRESS = { address: '127.0.0.1', port: 0 };
const LISTENERS = [
  { transport: 'tcp', ...ADDRESS, tls: 'required' },
  { transport: 'tcp', ...ADDRESS, tls: 'direct' },
  { transport: 'websocket', ...ADDRESS },
  { transport: 'websocket', ...ADDRESS, tls: 'direct' },
];

export async function startServer(): Promise<InteropServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'interop-'));
  const server = await createTestServer({ dataDir, config: { listeners: LISTENERS } });
  let resumptions = 0;
  server.host.hooks.add('session:resumed', 'observe', () => {
    resumptions++;
  });
  const [startTls, directTls, ws, wss] = server.listeners.map(({ port }) => port) as [number, number, number, number];
  return {
    startTls,
    directTls,
    ws: `ws://localhost:${ws}/xmpp-websocket`,
    wss: `wss://localhost:${wss}/xmpp-websocket`,
    certificate: join(dataDir, 'self-signed.crt'),
    resumptions: () => resumptions,
    async addAccount(localpart) {
      const password = `the secret of ${localpart}`;
      await server.addUser(localpart, password);
      return { jid: `${localpart}@${server.domain}`, password };
    },
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true });
    },
  };
}
