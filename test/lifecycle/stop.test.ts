/** RFC 6120 §4.9.3.20, RFC 7395 §3.6: how a server ends, and what a signal does to it */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { selfSigned } from '../../src/certificates.ts';
import { base64, bindRequest, type RawClient, RawTcpClient, RawWebSocketClient } from '../support/raw-client.ts';
import { ServerProcess } from '../support/server-process.ts';

const CONFIGURATION = `
listeners:
  - {transport: tcp, port: 0, address: 127.0.0.1, tls: required}
  - {transport: tcp, port: 0, address: 127.0.0.1, tls: direct}
  - {transport: websocket, port: 0}
  - {transport: websocket, port: 0, tls: direct}
auth: {plain_without_tls: true}
log: {level: error}
`;

let dir: string;
let server: ServerProcess;
/** The ports of the listeners, in that order. */
let ports: readonly [startTls: number, directTls: number, ws: number, wss: number];
const open: { destroy(): void }[] = [];

const configure = (...lines: string[]) =>
  writeFileSync(join(dir, 'tharsis.yaml'), [CONFIGURATION, ...lines].join('\n'));

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-stop-'));
  configure();
  server = new ServerProcess(dir);
  const listeners = await server.serving();
  ports = listeners.map(({ port }) => port) as unknown as typeof ports;
  for (const name of ['alice', 'bob']) {
    await server.command('user.add', { jid: `${name}@localhost`, password: 'secret' });
  }
});
afterEach(async () => {
  for (const one of open.splice(0)) one.destroy();
  server.kill('SIGKILL');
  await server.ended;
  rmSync(dir, { recursive: true });
});

const ways = {
  async STARTTLS() {
    const client = await RawTcpClient.connect(ports[0]);
    await client.startTls();
    return client;
  },
  'direct TLS': () => RawTcpClient.connectTls(ports[1]),
  WebSocket: () => RawWebSocketClient.connect(ports[2]),
  'WebSocket over TLS': () => RawWebSocketClient.connectTls(ports[3]),
};

async function connectBy(way: keyof typeof ways): Promise<RawClient> {
  const client = await ways[way]();
  open.push(client);
  return client;
}

const everyWay = Object.keys(ways) as (keyof typeof ways)[];

async function logIn(way: keyof typeof ways, name = 'alice'): Promise<RawClient> {
  const client = await connectBy(way);
  await client.logIn(name, 'secret', way);
  return client;
}

/** A socket that is connected, has sent `text`, and never reads nor closes. */
async function mute(target: number | string, text = ''): Promise<Socket> {
  const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
  open.push(socket);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

describe('SIGTERM', () => {
  it('ends every stream with system-shutdown, lets nobody in any more, and ends the process with 0', async () => {
    const clients = [];
    for (const way of everyWay) {
      clients.push(await logIn(way));
      const stranger = await connectBy(way);
      await stranger.features();
      clients.push(stranger);
    }
    server.kill('SIGTERM');
    for (const client of clients) expect(await client.streamError()).toBe('system-shutdown');
    for (const port of ports) {
      await expect(once(connect(port, '127.0.0.1'), 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    }
    expect(await server.ended).toBe(0);
    expect(server.errors).toBe('');
  });

  it('ends the process with 0 also when peers neither read nor close nor finish what they began', async () => {
    const watcher = await logIn('STARTTLS', 'bob');
    const [startTls, directTls, ws, wss] = ports;
    // Far less than what disconnects a slow reader, far more than what the system's buffers take.
    const body = 'x'.repeat(200_000);
    for (const way of everyWay) {
      const deaf = await logIn(way);
      deaf.send(`<presence xmlns='jabber:client'/>`);
      await deaf.ping();
      deaf.stopReading();
      for (let n = 0; n < 15; n++) {
        watcher.send(`<message to='alice@localhost/${way}' type='headline'><body>${body}</body></message>`);
      }
      await watcher.ping();
    }
    const held = await connectBy('WebSocket');
    await held.features();
    held.stopReading();
    for (const port of ports) await mute(port);
    await mute(startTls, `<stream:stream to='localhost'`);
    await mute(directTls, 'no TLS, but a beginning'.slice(0, 3));
    await mute(ws, 'GET / HTTP/1.1\r\nHost: localhost\r\n');
    const kept = await mute(ws, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(kept, 'data');
    const keptTls = connectTls({ port: wss, host: '127.0.0.1', rejectUnauthorized: false });
    open.push(keptTls);
    await once(keptTls, 'secureConnect');
    await mute(join(server.dataDir, 'tharsis.sock'));
    await mute(
      join(server.dataDir, 'tharsis.sock'),
      'POST /commands/server.status HTTP/1.1\r\ncontent-length: 2\r\n\r\n',
    );

    server.kill('SIGTERM');
    expect(await watcher.streamError()).toBe('system-shutdown');
    // A second one, and Ctrl-C out of impatience, change nothing.
    server.kill('SIGTERM');
    server.kill('SIGINT');
    expect(await server.ended).toBe(0);
    expect(server.errors).toBe('');
  });
});

describe('SIGHUP', () => {
  /** What new connections are shown. */
  async function fingerprint(port: number): Promise<string> {
    const socket: TLSSocket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const shown = socket.getPeerX509Certificate()?.fingerprint256 ?? '';
    socket.destroy();
    return shown;
  }

  async function certify(): Promise<void> {
    const { key, certificate } = await selfSigned(['localhost'], Date.now());
    writeFileSync(join(dir, 'tls.key'), key);
    writeFileSync(join(dir, 'tls.crt'), certificate);
  }

  it('brings new certificates and live options to a server that goes on, and prints what changed', async () => {
    const own = ['certificates: {key: tls.key, certificate: tls.crt}', 'limits: {sessions_per_account: 2}'];
    const client = await logIn('direct TLS');
    const before = await fingerprint(ports[1]);
    await certify();
    configure(...own, 'http: {chat_page: false}');
    server.kill('SIGHUP');
    await server.line(/^limits\.sessions_per_account: 50 -> 2 \(applied\)$/);
    await server.line(/^http\.chat_page: true -> false \(needs a restart\)$/);
    const shown = await Promise.all([ports[1], ports[3]].map(fingerprint));
    expect(new Set([before, ...shown]).size).toBe(2);

    await certify();
    configure(...own);
    server.kill('SIGHUP');
    await server.line(/^certificates read again; nothing changed in the configuration$/);
    expect(shown).not.toContain(await fingerprint(ports[1]));
    expect(await client.ping()).toEqual([]);
    await logIn('WebSocket');
    const third = await connectBy('STARTTLS');
    await third.features();
    third.auth('PLAIN', base64('\0alice\0secret'));
    await third.find('success');
    await third.features();
    third.send(bindRequest('one too many'));
    expect((await third.find('iq')).attrs.type).toBe('error');
  });

  it('with a configuration or certificates that are wrong says so, and changes nothing', async () => {
    const before = await fingerprint(ports[1]);
    configure('limits: {sessions_per_account: 2, sesions: 3}');
    server.kill('SIGHUP');
    await server.errorLine(/limits\.sesions: unknown option/);
    await certify();
    writeFileSync(join(dir, 'tls.crt'), 'no certificate');
    configure('limits: {sessions_per_account: 2}', 'certificates: {key: tls.key, certificate: tls.crt}');
    server.kill('SIGHUP');
    await server.errorLine(/tls\.crt/);
    await expect(server.command('server.reload')).rejects.toThrow(/nothing was changed.*tls\.crt/s);
    expect(await fingerprint(ports[1])).toBe(before);
    configure();
    expect(await server.command('server.reload')).toEqual({ changes: [] });
  });
});
