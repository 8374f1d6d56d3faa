/** The PROXY protocol on listeners: who a client is, and what comes of connections that do not begin as they have to */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import tcp from '../../src/transports/tcp/index.ts';
import websocket from '../../src/transports/websocket/index.ts';
import { v1, v2, v2Ipv4, v2Ipv6 } from '../support/proxy-header.ts';
import { type RawClient, RawTcpClient, RawWebSocketClient } from '../support/raw-client.ts';
import { createTransportHost } from '../support/transport-host.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(transport: string, tls: string, limits = {}, proxies = ['127.0.0.0/8']): Promise<TestServer> {
  const server = await createTestServer({
    config: {
      listeners: [{ transport, tls, port: 0, address: '127.0.0.1', proxy_protocol: proxies }],
      auth: { plain_without_tls: true },
      limits,
    },
  });
  undo.push(() => server.stop());
  for (const name of ['juliet', 'romeo', 'tybalt']) await server.addUser(name, 'secret');
  return server;
}

/** A connection whose first bytes are these. */
function dial(port: number, header: Buffer): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('error', () => {});
  socket.write(header);
  return socket;
}

/** Resolves when the connection is gone, however that came. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.resume().once('close', () => resolve());
  });
}

type Way = (port: number, header: Buffer) => Promise<RawClient>;

const ways: [string, string, string, Way][] = [
  [
    'TCP',
    'tcp',
    'optional',
    async (port, header) => {
      const client = await RawTcpClient.connect(port);
      client.send(header);
      return client;
    },
  ],
  [
    'TCP with STARTTLS',
    'tcp',
    'required',
    async (port, header) => {
      const client = await RawTcpClient.connect(port);
      client.send(header);
      await client.startTls();
      return client;
    },
  ],
  [
    'TCP with direct TLS',
    'tcp',
    'direct',
    (port, header) => RawTcpClient.connectTls(port, { socket: dial(port, header) }),
  ],
  [
    'WebSocket',
    'websocket',
    'off',
    (port, header) => RawWebSocketClient.connect(port, { createConnection: () => dial(port, header) }),
  ],
  [
    'WebSocket with TLS',
    'websocket',
    'direct',
    (port, header) => {
      const createConnection = () => connectTls({ socket: dial(port, header), rejectUnauthorized: false });
      return RawWebSocketClient.connectTls(port, { createConnection });
    },
  ],
];

describe.each(ways)('behind a proxy, over %s', (_name, transport, tls, way) => {
  async function logIn(server: TestServer, header: Buffer, username = 'juliet'): Promise<string | undefined> {
    const client = await way(server.port(transport), header);
    undo.push(() => client.destroy());
    await client.logIn(username, 'secret');
    return server.host.sessions.of(server.host.userJid(username))[0]?.connection.peer.address;
  }

  it.each([
    ['in a line', v1('192.0.2.7'), '192.0.2.7'],
    ['with TLVs', v2Ipv4('192.0.2.7', Buffer.from([4, 0, 2, 0, 0])), '192.0.2.7'],
    ['of IPv6', v2Ipv6('20010db8000000000000000000000001'), '2001:db8::1'],
    ['of none, for a check of the proxy', v2(0x20, 0, Buffer.alloc(0)), '127.0.0.1'],
  ])('the address of a client is that of the header, %s', async (_form, header, address) => {
    expect(await logIn(await start(transport, tls), header)).toBe(address);
  });

  it('limits are for the address of the client, not for that of the proxy', async () => {
    const server = await start(transport, tls, { connections_per_address: 1 });
    await logIn(server, v2Ipv4('192.0.2.7'), 'juliet');
    await logIn(server, v2Ipv4('192.0.2.8'), 'romeo');
    await expect(logIn(server, v2Ipv4('192.0.2.7'), 'tybalt')).rejects.toThrow();
    expect(server.host.sessions.size).toBe(2);
  });

  it('who is no proxy is refused, with a header and without', async () => {
    const server = await start(transport, tls, {}, ['192.0.2.0/24']);
    for (const header of [v1('192.0.2.7'), Buffer.from('GET / HTTP/1.1\r\n')]) {
      await closing(dial(server.port(transport), header));
    }
  });

  it('a proxy that sends no header is refused', async () => {
    const server = await start(transport, tls);
    await closing(dial(server.port(transport), Buffer.from('<stream:stream>')));
  });
});

it('a header is only read where it is configured', async () => {
  const server = await createTestServer();
  undo.push(() => server.stop());
  const client = await RawTcpClient.connect(server.port('tcp'));
  client.send(v1('192.0.2.7'));
  expect(await client.streamError()).toBe('not-well-formed');
});

it('a header that comes byte by byte, together with the stream, is read', async () => {
  const server = await start('tcp', 'optional');
  const client = await RawTcpClient.connect(server.port('tcp'));
  undo.push(() => client.destroy());
  const header = v2Ipv4('192.0.2.7');
  for (const byte of header.subarray(0, -1)) await client.sent(Buffer.from([byte]));
  client.send(
    Buffer.concat([
      header.subarray(-1),
      Buffer.from(
        "<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>",
      ),
    ]),
  );
  expect((await client.find('features')).name).toBe('features');
});

it.each([
  ['tcp', tcp],
  ['websocket', websocket],
] as const)('a header has its time on %s, however slowly it comes', async (_name, transport) => {
  const core = await createTransportHost();
  const options = { port: 0, address: '127.0.0.1', tls: 'off', proxy_protocol: ['127.0.0.1'] };
  const listener = await transport.listen(core, transport.config.parse(options) as never);
  undo.push(() => listener.stop());
  const socket = dial(listener.port, v1('192.0.2.7').subarray(0, 8));
  const arrived = core.connections;
  while (arrived.size === 0) await new Promise((resolve) => setImmediate(resolve));
  core.clock.advance(5_000);
  expect(arrived.size).toBe(1);
  core.clock.advance(2_000);
  await closing(socket);
  while (arrived.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('a server that stops does not wait for a header', async () => {
  const server = await start('tcp', 'optional');
  const socket = dial(server.port('tcp'), v1('192.0.2.7').subarray(0, 8));
  await once(socket, 'connect');
  const closed = closing(socket);
  await server.stop();
  await closed;
});
