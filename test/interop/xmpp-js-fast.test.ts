/** `@xmpp/client` with SASL2, Bind 2 and FAST: a password once, then one round trip */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PATIENCE_MS } from './client.ts';
import { type InteropServer, startServer } from './server.ts';

const SCRIPT = fileURLToPath(new URL('xmpp_js_fast.mjs', import.meta.url));

interface Login {
  readonly jid: string;
  readonly said: readonly string[];
}

let server: InteropServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

it.each<[string, (server: InteropServer) => string]>([
  ['TCP with STARTTLS', ({ startTls }) => `xmpp://localhost:${startTls}`],
  ['TCP with direct TLS', ({ directTls }) => `xmpps://localhost:${directTls}`],
  ['WebSocket with TLS', ({ wss }) => wss],
])('logs in by token in one round trip over %s', { timeout: 4 * PATIENCE_MS }, async (way, service) => {
  const username = way.toLowerCase().replaceAll(' ', '-');
  const { password } = await server.addAccount(username);
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: server.certificate };
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, service(server), username, password], {
    env,
  });
  const [first, second] = JSON.parse(stdout) as [Login, Login];
  expect(first.said).toEqual(['SCRAM-SHA-1', 'response']);
  expect(second.said).toEqual(['HT-SHA-256-NONE']);
  // The resource is that of the installation.
  expect(second.jid).toBe(first.jid);
});
