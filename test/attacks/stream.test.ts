/** RFC 6120 §4.9, §11, §13.12: streams that are meant to hurt, at the wire */
import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { connectRaw, type RawClient, RawTcpClient, type RawTransport } from '../support/raw-client.ts';
import { hostileXml, LIMIT, LIMIT_BEFORE_LOGIN, LIMITS, many, nested, type Refused } from './hostile-xml.ts';

let server: TestServer;
/** Somebody on the same server who must not notice any of this. */
let bystander: RawClient;
const clock = new ManualClock();
const lines: LogLine[] = [];
const open: { destroy(): void }[] = [];

beforeAll(async () => {
  server = await createTestServer({
    clock,
    log: quietLog(lines),
    config: {
      auth: { plain_without_tls: true },
      limits: {
        ...LIMITS,
        send_queue_bytes: 65_536,
        login_seconds: 30,
      },
    },
  });
  for (const name of ['alice', 'bob', 'carol']) await server.addUser(name, 'secret');
  bystander = await connectRaw('tcp', server);
  await bystander.logIn('bob', 'secret', 'bystander');
  bystander.send('<presence/>');
  await bystander.ping();
});
afterAll(() => server.stop());
beforeEach(() => {
  lines.length = 0;
});
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  await bystander.ping();
});

async function connect(transport: RawTransport): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  open.push(client);
  return client;
}

async function logIn(transport: RawTransport, name = 'alice', resource = 'attack'): Promise<RawClient> {
  const client = await connect(transport);
  await client.logIn(name, 'secret', resource);
  return client;
}

/** The one line the log has, in all. */
function logged(): unknown {
  expect(lines).toHaveLength(1);
  return { message: lines[0]?.message, ...lines[0]?.fields };
}

/** Connections to a port are accepted in order, and a WebSocket is there when both sides have it: one more is served last. */
async function accepted(): Promise<void> {
  await (await connect('tcp')).features();
}

function message(inside: string, attributes = ''): string {
  return `<message xmlns='jabber:client' to='bob@localhost'${attributes}>${inside}</message>`;
}

/** What a session sends, and the stream error it gets. */
const REFUSED: Refused = [
  ...hostileXml(message),
  ['an unknown element', 'unsupported-stanza-type', `<command xmlns='jabber:client'/>`],
  ['a stanza of servers', 'unsupported-stanza-type', `<message xmlns='jabber:server' to='bob@localhost'/>`],
  ['the address of somebody else', 'invalid-from', message('<body/>', ` from='carol@localhost'`)],
  ['the address of another resource', 'invalid-from', message('<body/>', ` from='alice@localhost/other'`)],
  ['the address of the server', 'invalid-from', message('<body/>', ` from='localhost'`)],
  ['an address that is none', 'invalid-from', message('<body/>', ` from='@'`)],
];

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it.each(REFUSED)('%s ends the session with %s, told to nobody else', async (_, condition, text) => {
    const client = await logIn(transport);
    client.send(text);
    expect(await client.streamError()).toBe(condition);
    expect(logged()).toMatchObject({ message: 'stream error', condition, peer: '127.0.0.1' });
    // Neither did anything of it arrive.
    expect(await bystander.ping()).toEqual([]);
  });

  it('a stanza at the limits is delivered', async () => {
    const client = await logIn(transport);
    const whole = message(
      `${'<a/>'.repeat(48)}${nested(19)}`,
      many(7, (n) => ` a${n}=''`),
    ).replace('<a/>', '<body>x</body>');
    client.send(whole);
    expect((await bystander.find('message')).attrs.from).toBe('alice@localhost/attack');
    const empty = message('<body></body>');
    client.send(message(`<body>${'x'.repeat(LIMIT - empty.length)}</body>`));
    await bystander.find('message');
  });

  it('before the login everything is smaller', async () => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', 'A'.repeat(LIMIT_BEFORE_LOGIN));
    expect(await client.streamError()).toBe('policy-violation');
    expect(logged()).toMatchObject({ condition: 'policy-violation', peer: '127.0.0.1' });
  });

  it('a stream opened inside of a stream ends both, before and after the login', async () => {
    const stranger = await connect(transport);
    await stranger.features();
    stranger.open();
    expect(await stranger.streamError()).toBe('bad-format');
    const client = await logIn(transport);
    client.open();
    expect(await client.streamError()).toBe('bad-format');
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ condition: 'bad-format' }, { condition: 'bad-format' }]);
  });

  it('who never reads is disconnected, and who writes to him is not affected', async () => {
    const sender = await logIn(transport);
    const deaf = await logIn(transport, 'carol', 'deaf');
    deaf.send('<presence xmlns="jabber:client"/>');
    await deaf.ping();
    const session = server.host.sessions.get(server.host.userJid('carol').withResource('deaf'));
    deaf.stopReading();
    const body = `<body>${'x'.repeat(LIMIT - 200)}</body>`;
    // The system's own buffers take some megabytes before the server has to hold anything.
    for (let sent = 0; sent < 2_000 && session?.ended === false; sent++) {
      sender.send(`<message xmlns='jabber:client' to='carol@localhost/deaf' type='headline'>${body}</message>`);
      if (sent % 20 === 0) await sender.ping();
    }
    await sender.ping();
    expect(session?.ended).toBe(true);
    expect(logged()).toMatchObject({ message: 'slow reader disconnected', peer: '127.0.0.1' });
  });

  it('who never speaks is disconnected when the time for the login is over', async () => {
    const silent = await Promise.all(Array.from({ length: 100 }, () => connect(transport)));
    await accepted();
    clock.advance(32_000);
    await Promise.all(silent.map((client) => client.closed));
    expect(lines).toHaveLength(silent.length + 1);
  });

  it('no more connections of one address are let in than are allowed', async () => {
    const strict = await createTestServer({
      log: quietLog(lines),
      config: { limits: { connections_per_address: 3 } },
    });
    const clients = [];
    for (let n = 0; n < 3; n++) clients.push(await connectRaw(transport, strict));
    for (const client of clients) await client.features();
    const refused = await connectRaw(transport, strict).then(
      (client) => client.closed,
      (error: Error) => error.message,
    );
    expect(refused).toBe(transport === 'tcp' ? undefined : 'Unexpected server response: 429');
    expect(logged()).toMatchObject({ peer: '127.0.0.1' });
    clients[0]?.destroy();
    await expect
      .poll(async () => (await connectRaw(transport, strict)).features(), { interval: 5 })
      .toMatchObject({ name: 'features' });
    for (const client of clients) client.destroy();
    await strict.stop();
  });
});

describe('over tcp', () => {
  async function socket(): Promise<Socket> {
    const made = connectSocket(server.port('tcp'), '127.0.0.1');
    open.push(made);
    made.on('error', () => {});
    made.resume();
    await once(made, 'connect');
    return made;
  }

  it.each([
    ['header', `<stream:stream to='localhost' x='`],
    ['XML declaration', `<?xml version='1.0' x='`],
    [
      'end tag',
      `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'></stream:stream`,
    ],
  ])('a %s without end is cut off at the limit', async (_, begin) => {
    const client = await RawTcpClient.connect(server.port('tcp'));
    open.push(client);
    client.send(begin);
    for (let sent = 0; sent < LIMIT_BEFORE_LOGIN; sent += 100)
      client.send((begin.endsWith('stream') ? ' ' : 'x').repeat(100));
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a stanza without end is cut off at the limit, and what follows is not kept', async () => {
    const client = (await logIn('tcp')) as RawTcpClient;
    client.send(`<message to='bob@localhost'><body>`);
    client.send('x'.repeat(LIMIT));
    expect(await client.streamError()).toBe('policy-violation');
    const deaf = await socket();
    deaf.write(
      `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'><auth>`,
    );
    const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
    const closed = once(deaf, 'close');
    for (let megabyte = 0; megabyte < 32 && deaf.writable; megabyte++) {
      await new Promise((resolve) => deaf.write('x'.repeat(1_048_576), resolve));
    }
    await closed;
    expect(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1_048_576);
  });

  it('white space without end is no stanza: it costs nothing and is cut by the time limit', async () => {
    const client = await RawTcpClient.connect(server.port('tcp'));
    open.push(client);
    await client.features();
    for (let n = 0; n < 20; n++) await client.sent(' \n'.repeat(LIMIT_BEFORE_LOGIN));
    clock.advance(32_000);
    expect(await client.streamError()).toBe('connection-timeout');
  });

  it('a dialogue that drips in byte by byte works, and so do its limits', async () => {
    const client = (await logIn('tcp')) as RawTcpClient;
    const text = message('<body>日本 &amp; &#x20AC;<![CDATA[<x>]]></body>');
    for (const byte of Buffer.from(text)) await client.sent(Buffer.from([byte]));
    const { children } = await bystander.find('message');
    expect(children[0]).toMatchObject({ name: 'body', children: ['日本 & €<x>'] });
    client.send(`<message><body>`);
    for (let n = 0; n < LIMIT; n += 10) await client.sent('x'.repeat(10));
    expect(await client.streamError()).toBe('policy-violation');
  });

  it.each([
    ['overlong', [0xc0, 0xaf]],
    ['of a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['cut short', [0xe2, 0x82, 0x3c]],
  ])('a UTF-8 sequence that is %s ends the stream, also in pieces', async (_, bytes) => {
    for (const isInPieces of [false, true]) {
      const client = (await logIn('tcp')) as RawTcpClient;
      const text = Buffer.concat([
        Buffer.from('<message><body>'),
        Buffer.from(bytes),
        Buffer.from('</body></message>'),
      ]);
      if (isInPieces) for (const byte of text) await client.sent(Buffer.from([byte]));
      else client.send(text);
      expect(await client.streamError()).toBe('unsupported-encoding');
    }
  });

  it('a thousand connections that never speak are gone when their time is over', async () => {
    const sockets = await Promise.all(Array.from({ length: 1_000 }, socket));
    await accepted();
    const closed = sockets.map((one) => once(one, 'close'));
    clock.advance(32_000);
    await Promise.all(closed);
    for (const { fields } of lines)
      expect(fields).toMatchObject({ condition: 'connection-timeout', peer: '127.0.0.1' });
    expect(lines).toHaveLength(1_001);
  });

  it('something else than XMPP is told so', async () => {
    const client = await RawTcpClient.connect(server.port('tcp'));
    open.push(client);
    client.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await client.streamError()).toBe('not-well-formed');
  });
});

describe('over websocket', () => {
  it('HTTP headers without end are refused', async () => {
    const flood = connectSocket(server.port('websocket'), '127.0.0.1');
    open.push(flood);
    await once(flood, 'connect');
    flood.write(`GET /xmpp-websocket HTTP/1.1\r\n${many(2_000, (n) => `X-${n}: ${'y'.repeat(20)}\r\n`)}`);
    const [answer] = await once(flood, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1.1 431 /);
  });

  it('a message that is much too big ends the connection without being collected', async () => {
    const client = await logIn('websocket');
    client.send(message('x'.repeat(LIMIT * 3)));
    await client.closed;
    expect(logged()).toMatchObject({ message: 'websocket error', peer: '127.0.0.1' });
  });
});
