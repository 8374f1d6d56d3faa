// The built product as its user meets it: start, make an account, log in, stop. Exits 1 with the reason when any of it fails.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PATIENCE_MS = 30_000;

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const client = fileURLToPath(new URL('../test/interop/xmpp_js_client.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tharsis-smoke-'));
const data = join(folder, 'data');

const run = promisify(execFile);

const tharsis = (...args) => run(process.execPath, [program, ...args, '--data', data], { timeout: PATIENCE_MS });

async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the server ended without a word');
}

/** The login and logout of one account. @throws Error with what the client says */
async function logIn(port) {
  const account = { jid: 'alice@localhost', password: 'smoke and mirrors' };
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(data, 'self-signed.crt') };
  const running = run(process.execPath, [client], { env, timeout: PATIENCE_MS });
  running.child.stdin.write(
    `${JSON.stringify({ id: 1, do: 'login', ...account, service: `xmpp://localhost:${port}` })}\n`,
  );
  running.child.stdin.end(`${JSON.stringify({ id: 2, do: 'logout' })}\n`);
  const { stdout } = await running;
  const done = stdout.match(/"result"/g)?.length;
  if (done !== 2) throw new Error(`no login: ${stdout}`);
}

const config = join(folder, 'tharsis.yaml');
writeFileSync(config, 'listeners: [{ transport: tcp, port: 0, address: 127.0.0.1, tls: required }]\n');
const server = spawn(process.execPath, [program, 'start', '--config', config, '--data', data, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(server, 'exit');
try {
  const { listeners } = JSON.parse(await firstLine(server.stdout));
  await tharsis('user', 'add', 'alice@localhost', '--password', 'smoke and mirrors');
  await logIn(listeners[0].port);
  await tharsis('stop');
  const [code] = await ended;
  if (code !== 0) throw new Error(`the server ended with ${code}`);
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
