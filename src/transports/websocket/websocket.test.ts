import { once } from 'node:events';
import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClientOptions } from 'ws';
import type { Listener } from '#core';
import { createTransportHost, type TransportHostOptions } from '../../../test/support/transport-host.ts';
import { CLOSE, WebSocketClient } from '../../../test/support/websocket-client.ts';
import websocket from './index.ts';

const undo: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

/** A listener on a port of its own, and how to connect to it. */
async function listen(config: Record<string, unknown> = {}, options: TransportHostOptions = {}) {
  const core = await createTransportHost(options);
  const listener: Listener = await websocket.listen(core, websocket.config.parse({ port: 0, ...config }));
  undo.push(
    () => core.connections.shutdown(() => Promise.resolve()),
    () => listener.stop(),
    () => core.wheel.close(),
  );
  const url = `ws://127.0.0.1:${listener.port}/xmpp-websocket`;
  const connect = (client: ClientOptions = {}, protocol?: string) => WebSocketClient.connect(url, client, protocol);
  /** Resolves when the server has forgotten all connections; those that are not closing are closed. */
  const gone = () => core.connections.shutdown(() => new Promise(() => {}));
  return { core, listener, connect, gone };
}

const error = (condition: string) => expect.stringMatching(new RegExp(`^<stream:error [^>]*><${condition} `));

describe('the opening handshake', () => {
  it('agrees on the sub-protocol xmpp', async () => {
    const { connect } = await listen();
    expect((await connect()).ws.protocol).toBe('xmpp');
  });

  it.each(['', 'mqtt'])('is refused when the sub-protocols asked for are "%s"', async (protocol) => {
    const { connect } = await listen();
    await expect(connect({}, protocol)).rejects.toThrow('400');
  });

  it('is granted to a page of the host name that is asked, whatever its port', async () => {
    const { connect } = await listen();
    await expect(connect({ headers: { origin: 'http://127.0.0.1:8080' } })).resolves.toBeDefined();
  });

  it('is granted to a page of a virtual host', async () => {
    const { connect } = await listen();
    await expect(connect({ headers: { origin: 'https://example.org' } })).resolves.toBeDefined();
  });

  it.each(['https://example.com', 'null', 'http://127.0.0.1.example.com'])(
    'is refused to a page of %s',
    async (origin) => {
      const { connect } = await listen();
      await expect(connect({ headers: { origin } })).rejects.toThrow('403');
    },
  );

  it('is granted to a page of an origin the configuration names, and of every origin with *', async () => {
    const named = await listen({ origins: ['https://example.com'] });
    await expect(named.connect({ headers: { origin: 'https://example.com' } })).resolves.toBeDefined();
    await expect(named.connect({ headers: { origin: 'https://example.net' } })).rejects.toThrow('403');
    const all = await listen({ origins: ['*'] });
    await expect(all.connect({ headers: { origin: 'https://example.net' } })).resolves.toBeDefined();
  });

  it('is refused to an address with too many connections, until one of them is gone', async () => {
    const { connect, gone } = await listen({}, { limits: { connections_per_address: 1 } });
    const first = await connect();
    await expect(connect()).rejects.toThrow('429');
    first.send(CLOSE);
    await gone();
    await expect(connect()).resolves.toBeDefined();
  });

  it('does not count a handshake that failed as a connection', async () => {
    const { connect, core, listener } = await listen({}, { limits: { connections_per_address: 1 } });
    const headers = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'xmpp' };
    const [answer] = await once(get({ port: listener.port, path: '/xmpp-websocket', headers }), 'response');
    expect(answer.statusCode).toBe(400);
    await expect(connect()).resolves.toBeDefined();
    expect(core.connections.size).toBe(1);
  });

  it('offers compression only when the configuration says so', async () => {
    const plain = await listen();
    expect((await plain.connect()).ws.extensions).toBe('');
    const compressing = await listen({ compression: true });
    const client = await compressing.connect();
    expect(client.ws.extensions).toBe('permessage-deflate');
    await expect(client.login('juliet')).resolves.toBe('juliet@example.org/balcony');
  });
});

describe('a stream', () => {
  it('opens with <open/> and features that declare their prefix', async () => {
    const { connect } = await listen();
    const [header, features] = await (await connect()).open();
    expect(header).toMatch(
      /^<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" version="1.0" id="[^"]+" from="example.org"/,
    );
    expect(features).toMatch(/^<stream:features xmlns:stream="http:\/\/etherx.jabber.org\/streams">/);
    expect(features).not.toContain('starttls');
  });

  it('carries each stanza in a message of its own that declares its namespace', async () => {
    const { connect } = await listen();
    const [juliet, romeo] = [await connect(), await connect()];
    await juliet.login('juliet');
    await romeo.login('romeo');
    juliet.send(
      ...['O Romeo', 'wherefore art thou'].map(
        (body) =>
          `<message xmlns="jabber:client" to="romeo@example.org/balcony" type="chat"><body>${body}</body></message>`,
      ),
    );
    expect(await romeo.next()).toMatch(/^<message xmlns="jabber:client" .*<body>O Romeo<\/body><\/message>$/);
    expect(await romeo.next()).toMatch(/<body>wherefore art thou<\/body>/);
  });

  it('carries text outside of ASCII unharmed, also over several frames', async () => {
    const { connect } = await listen();
    const juliet = await connect();
    await juliet.login('juliet');
    juliet.ws.send('<message xmlns="jabber:client" to="juliet@example.org/balcony"><body>♥ Ro', { fin: false });
    juliet.ws.send('meo 🌹</body></message>', { fin: true });
    expect(await juliet.next()).toContain('<body>♥ Romeo 🌹</body>');
  });

  it('to a host that is not served ends with host-unknown', async () => {
    const { connect } = await listen();
    const client = await connect();
    await client.open('example.net');
    expect(await client.closed).toBe(1000);
  });

  it.each([
    [
      'a stream header of TCP',
      '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" to="example.org" version="1.0">',
      'not-well-formed',
    ],
    [
      'a stream header that is closed',
      '<stream:stream xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams" to="example.org" version="1.0"/>',
      'invalid-namespace',
    ],
    ['a stanza', '<presence xmlns="jabber:client"/>', 'invalid-namespace'],
    ['an <open/> of no namespace', '<open to="example.org" version="1.0"/>', 'invalid-namespace'],
    [
      'an <open/> without a version',
      '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="example.org"/>',
      'unsupported-version',
    ],
    [
      'an XML declaration',
      '<?xml version="1.0"?><open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="example.org" version="1.0"/>',
      'restricted-xml',
    ],
    ['white space', ' ', 'not-well-formed'],
    ['nothing at all', '', 'not-well-formed'],
  ])('that begins with %s is refused', async (_what, message, condition) => {
    const { connect } = await listen();
    const client = await connect();
    client.send(message);
    expect(await client.rest()).toEqual([expect.stringMatching(/^<open /), error(condition), CLOSE]);
    expect(await client.closed).toBe(1000);
  });

  it.each([
    [
      'two elements in one message',
      '<presence xmlns="jabber:client"/><presence xmlns="jabber:client"/>',
      'not-well-formed',
    ],
    ['half an element', '<message xmlns="jabber:client"><body>', 'not-well-formed'],
    ['white space before the element', ' <presence xmlns="jabber:client"/>', 'not-well-formed'],
    [
      'a second <open/>',
      '<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="example.org" version="1.0"/>',
      'bad-format',
    ],
    ['a stanza of no namespace', '<presence/>', 'unsupported-stanza-type'],
    ['a comment', '<presence xmlns="jabber:client"><!-- --></presence>', 'restricted-xml'],
  ])('ends with an error at %s', async (_what, message, condition) => {
    const { connect, core } = await listen();
    const client = await connect();
    await client.login('juliet');
    client.send(message);
    expect(await client.rest()).toEqual([error(condition), CLOSE]);
    expect(await client.closed).toBe(1000);
    expect(core.host.sessions.of(core.host.userJid('juliet'))).toEqual([]);
  });

  it('must be opened anew after login', async () => {
    const { connect } = await listen();
    const client = await connect();
    await client.open();
    const response = Buffer.from('\0juliet\0secret').toString('base64');
    client.send(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">${response}</auth>`);
    expect(await client.next()).toMatch(/^<success /);
    client.send('<presence xmlns="jabber:client"/>');
    expect(await client.rest()).toContainEqual(error('invalid-namespace'));
  });

  it('ends with an error and code 1003 at a binary message', async () => {
    const { connect } = await listen();
    const client = await connect();
    await client.open();
    client.ws.send(Buffer.from('<presence xmlns="jabber:client"/>'));
    expect(await client.rest()).toEqual([error('bad-format'), CLOSE]);
    expect(await client.closed).toBe(1003);
  });

  it('ends with code 1007 at broken UTF-8', async () => {
    const { connect, core } = await listen();
    const client = await connect();
    await client.login('juliet');
    client.ws.send(Buffer.from([0x3c, 0xc0, 0x80]), { binary: false });
    expect(await client.closed).toBe(1007);
    expect(core.lines.map(({ message }) => message)).toContain('websocket error');
  });
});

describe('the size of a message', () => {
  const message = (bytes: number) =>
    `<message xmlns="jabber:client" to="juliet@example.org/balcony"><body>${'x'.repeat(bytes)}</body></message>`;

  it('has a limit before login', async () => {
    const { connect } = await listen({}, { limits: { stanza_bytes_before_login: 1_000 } });
    const client = await connect();
    await client.open();
    client.send(message(1_000));
    expect(await client.rest()).toEqual([error('policy-violation'), CLOSE]);
  });

  it('has a larger limit after login', async () => {
    const { connect } = await listen({}, { limits: { stanza_bytes_before_login: 1_000, stanza_bytes: 10_000 } });
    const client = await connect();
    await client.login('juliet');
    client.send(message(9_000));
    expect(await client.next()).toContain('xxx');
    client.send(message(10_000));
    expect(await client.rest()).toEqual([error('policy-violation'), CLOSE]);
  });

  it('far above the limit is not collected: code 1009', async () => {
    const { connect } = await listen({}, { limits: { stanza_bytes: 10_000 } });
    const client = await connect();
    client.send(message(20_000));
    expect(await client.closed).toBe(1009);
  });
});

describe('the end of a stream', () => {
  it('by the client is answered with <close/> and the closing handshake', async () => {
    const { connect, core, gone } = await listen();
    const client = await connect();
    await client.login('juliet');
    client.send(CLOSE);
    expect(await client.rest()).toEqual([CLOSE]);
    expect(await client.closed).toBe(1000);
    await gone();
    expect(core.host.sessions.of(core.host.userJid('juliet'))).toEqual([]);
  });

  it('comes with the closing handshake of a client that sent no <close/>', async () => {
    const { connect, core, gone } = await listen();
    const client = await connect();
    await client.login('juliet');
    client.ws.close(1001);
    expect(await client.closed).toBe(1001);
    await gone();
    expect(core.host.sessions.of(core.host.userJid('juliet'))).toEqual([]);
  });

  it('at shutdown is system-shutdown', async () => {
    const { connect, gone } = await listen();
    const client = await connect();
    await client.login('juliet');
    const over = gone();
    expect(await client.rest()).toEqual([error('system-shutdown'), CLOSE]);
    expect(await client.closed).toBe(1000);
    await over;
  });

  it('does not wait for a client that does not take part in it', async () => {
    const { connect, core, gone } = await listen();
    const client = await connect();
    await client.login('juliet');
    client.ws.pause();
    const over = gone();
    core.clock.advance(6_000);
    await over;
    expect(core.connections.size).toBe(0);
    client.ws.resume();
    await client.closed;
  });

  it('is due when the client does not log in in time', async () => {
    const { connect, core } = await listen({}, { limits: { login_seconds: 5 } });
    const client = await connect();
    await client.open();
    core.clock.advance(10_000);
    expect(await client.rest()).toEqual([error('connection-timeout'), CLOSE]);
  });
});

it('a reader that is too slow is disconnected', async () => {
  const { connect, core } = await listen({}, { limits: { send_queue_bytes: 65_536 } });
  const [juliet, romeo] = [await connect(), await connect()];
  await juliet.login('juliet');
  await romeo.login('romeo');
  romeo.ws.pause();
  const body = 'x'.repeat(100_000);
  const romeoIsThere = () => core.host.sessions.of(core.host.userJid('romeo')).length > 0;
  while (romeoIsThere()) {
    juliet.send(`<message xmlns="jabber:client" to="romeo@example.org/balcony"><body>${body}</body></message>`);
    juliet.send('<message xmlns="jabber:client" to="juliet@example.org/balcony"><body>read</body></message>');
    await juliet.next();
  }
  expect(core.lines.map(({ message }) => message)).toContain('slow reader disconnected');
  romeo.ws.terminate();
});

it('a program that speaks no WebSocket gets an HTTP answer', async () => {
  const { listener } = await listen();
  const answer = await fetch(`http://127.0.0.1:${listener.port}/xmpp-websocket`);
  expect(answer.status).toBe(404);
});

it('is announced in host-meta', async () => {
  const { listener } = await listen();
  const answer = await fetch(`http://127.0.0.1:${listener.port}/.well-known/host-meta.json`);
  expect(await answer.json()).toEqual({
    links: [{ rel: 'urn:xmpp:alt-connections:websocket', href: `ws://127.0.0.1:${listener.port}/xmpp-websocket` }],
  });
});

it('a second listener on the same address is refused', async () => {
  const { core, listener } = await listen();
  const { port } = listener;
  await expect(websocket.listen(core, websocket.config.parse({ port }))).rejects.toThrow();
});
