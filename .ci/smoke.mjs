// The built product as its user meets it: start, make an account, log in, stop. Exits 1 with the reason when any of it fails.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PATIENCE_MS = 30_000;

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const client = fileURLToPath(new URL('../test/interop/xmpp_js_client.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'tharsis-smoke-'));
const data = join(folder, 'data');

const tharsis = (...args) =>
  execFileSync(process.execPath, [program, ...args, '--data', data], { encoding: 'utf8', timeout: PATIENCE_MS });

async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the server ended without a word');
}

/** Returns what the client says of it: a line for the login, one for the logout. */
function logIn(port) {
  const account = { jid: 'alice@localhost', password: 'smoke and mirrors' };
  const steps = [
    { id: 1, do: 'login', ...account, service: `xmpp://localhost:${port}` },
    { id: 2, do: 'logout' },
  ];
  const lines = execFileSync(process.execPath, [client], {
    encoding: 'utf8',
    env: { ...process.env, NODE_EXTRA_CA_CERTS: join(data, 'self-signed.crt') },
    input: steps.map((step) => `${JSON.stringify(step)}\n`).join(''),
    timeout: PATIENCE_MS,
  });
  const answers = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const refused = answers.find(({ error }) => error !== undefined);
  if (refused !== undefined || answers.length < steps.length) throw new Error(`no login: ${lines}`);
}

const config = join(folder, 'tharsis.yaml');
writeFileSync(config, 'listeners: [{ transport: tcp, port: 0, address: 127.0.0.1, tls: required }]\n');
const server = spawn(process.execPath, [program, 'start', '--config', config, '--data', data, '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const ended = once(server, 'exit');
try {
  const { listeners } = JSON.parse(await firstLine(server.stdout));
  tharsis('user', 'add', 'alice@localhost', '--password', 'smoke and mirrors');
  logIn(listeners[0].port);
  tharsis('stop');
  const [code] = await ended;
  if (code !== 0) throw new Error(`the server ended with ${code}`);
} finally {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
