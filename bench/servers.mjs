// The servers that are compared: how to see whether one is there, start it, stop it, and give it accounts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const launcher = (name) => fileURLToPath(new URL(`./servers/${name}`, import.meta.url));
const present = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0;
const debianVersion = (name) =>
  spawnSync('dpkg-query', ['-W', name], { encoding: 'utf8' }).stdout?.trim().split('\t')[1] ?? '';
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} title
 * @property {string} script launcher; runs in the foreground and stops at SIGTERM
 * @property {number} port
 * @property {number} wsPort
 * @property {string} wsPath
 * @property {number} [marsPort] of a server that speaks the protocol of game clients
 * @property {Record<string, string>} [env]
 * @property {string} data servers with the same kind of data share their templates
 * @property {() => boolean} installed
 * @property {() => string} version
 */

const prosody = {
  script: launcher('prosody.sh'),
  port: 25222,
  wsPort: 25280,
  wsPath: '/xmpp-websocket',
  data: 'prosody',
  installed: () => present('prosody'),
  version: () => debianVersion('prosody'),
};

/** @type {Server[]} */
export const servers = [
  {
    name: 'tharsis',
    title: 'Tharsis',
    script: launcher('tharsis.sh'),
    port: 25422,
    wsPort: 25480,
    wsPath: '/xmpp-websocket',
    marsPort: 25490,
    data: 'tharsis',
    installed: () => existsSync(main),
    version: () =>
      spawnSync('git', ['describe', '--always', '--dirty'], {
        cwd: fileURLToPath(new URL('..', import.meta.url)),
        encoding: 'utf8',
      }).stdout?.trim() ?? '',
  },
  { ...prosody, name: 'prosody', title: 'Prosody' },
  { ...prosody, name: 'prosody-generational', title: 'Prosody, generational GC', env: { GC: 'generational' } },
  {
    name: 'ejabberd',
    title: 'ejabberd',
    script: launcher('ejabberd.sh'),
    port: 25322,
    wsPort: 25380,
    wsPath: '/ws',
    data: 'ejabberd',
    installed: () => present('erl') && debianVersion('ejabberd') !== '',
    version: () => debianVersion('ejabberd'),
  },
];

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

function answers(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function listening(child, port) {
  for (let tries = 0; tries < 300; tries++) {
    if (child.exitCode !== null) throw new Error(`the server stopped at its start (exit code ${child.exitCode})`);
    if (await answers(port)) return;
    await sleep(100);
  }
  throw new Error(`nothing listens on port ${port} after 30 s`);
}

/**
 * Starts a server on `dir`, which may be empty.
 * @param {Server} server
 * @param {string} dir
 * @param {{ ws?: boolean, tls?: boolean, archive?: boolean, rooms?: boolean, scenes?: boolean, config?: string }} with_
 * @returns {Promise<{ pid: number, stop(signal?: string): Promise<void> }>}
 */
export async function start(server, dir, with_ = {}) {
  if (await answers(server.port)) throw new Error(`port ${server.port} is taken: does another benchmark run?`);
  const child = spawn(server.script, [dir], {
    env: {
      ...process.env,
      ...server.env,
      PORT: String(server.port),
      HTTP_PORT: String(server.wsPort),
      TLS: with_.tls ? '1' : '',
      WS: with_.ws ? '1' : '',
      ARCHIVE: with_.archive ? '1' : '',
      ROOMS: with_.rooms ? '1' : '',
      SCENES: with_.scenes ? '1' : '',
      ...(with_.config && { CONFIG: with_.config }),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  running.add(child);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
  });
  const stop = async (signal = 'SIGTERM') => {
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await exited;
    clearTimeout(timer);
    running.delete(child);
  };
  try {
    await listening(child, server.port);
    if (with_.ws) await listening(child, server.wsPort);
    await sleep(1500); // the rest of its start must not be in the figures
  } catch (error) {
    await stop();
    throw new Error(`${server.title}: ${error.message}\n${said}`.trim(), { cause: error });
  }
  return { pid: child.pid, stop };
}
