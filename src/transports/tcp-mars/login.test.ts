import { describe, expect, it } from 'vitest';
import { Command, encodeFrame, IDENTIFY_SEQ } from '#protocol/mars';
import { chat, helloBody, loggedIn, textOf } from '../../../test/support/mars-client.ts';
import { startMars } from '../../../test/support/mars-server.ts';

const NOTHING = new Uint8Array(0);

describe('the frames of the library itself', () => {
  it('a heartbeat is answered with the same, with the version of the client, and before login', async () => {
    const { connect } = await startMars();
    const client = await connect();
    client.noop();
    client.noop(1);
    expect(await client.next()).toMatchObject({ cmdid: 6, seq: 0xffff_ffff, version: 200 });
    expect(await client.next()).toMatchObject({ cmdid: 6, seq: 1, version: 200 });
  });

  it('what keeps an address translation alive is not answered', async () => {
    const { connect } = await startMars();
    const client = await connect();
    client.raw(encodeFrame(200, 243, 0xffff_fffd, NOTHING));
    client.noop();
    expect(await client.next()).toMatchObject({ cmdid: 6 });
  });

  it.each([1, 7, 19, 20, 21])('frames are put together from pieces of %i bytes', async (size) => {
    const { connect } = await startMars();
    const client = await connect();
    const bytes = Buffer.concat([1, 2, 3].map((seq) => encodeFrame(200, 6, seq, NOTHING)));
    for (let at = 0; at < bytes.length; at += size) client.raw(bytes.subarray(at, at + size));
    for (const seq of [1, 2, 3]) expect(await client.next()).toMatchObject({ seq });
  });

  it('a frame that cannot be read ends the connection', async () => {
    const { connect } = await startMars();
    const client = await connect();
    client.raw(Buffer.alloc(20));
    expect(await client.push(Command.streamError)).toMatchObject({
      payload: { case: 'streamError', value: { condition: 'bad-format' } },
    });
    await client.closed;
  });
});

describe('1000 hello', () => {
  it('tells the domain, how to log in, a nonce, and the limits', async () => {
    const { connect } = await startMars();
    const { from, error, payload } = await (await connect()).hello('');
    expect({ from, error }).toEqual({ from: 'localhost', error: undefined });
    expect(payload).toMatchObject({
      case: 'welcome',
      value: { nonce: expect.stringMatching(/^.{24}$/), limits: { idleMs: 900_000, heartbeatMs: 60_000 } },
    });
    expect(textOf({ payload } as never)).toContain('SCRAM-SHA-256');
  });

  it('for a domain that is not here is refused, and the connection stays', async () => {
    const { connect } = await startMars();
    const client = await connect();
    expect((await client.hello('example.net')).error).toMatchObject({ condition: 'item-not-found' });
    expect((await client.hello()).error).toBeUndefined();
  });

  it('of another version is told the versions there are, and the connection is closed', async () => {
    const { connect } = await startMars();
    const client = await connect();
    const body = await client.ask(Command.hello, { payload: { case: 'hello', value: { protoVersion: 2 } } });
    expect(body).toMatchObject({
      error: { condition: 'feature-not-implemented' },
      payload: { value: { protoVersions: [1] } },
    });
    await client.closed;
  });
});

describe('1001 auth', () => {
  it.each(['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256'] as const)('binds a resource after %s', async (mechanism) => {
    const { connect } = await startMars();
    const client = await connect();
    const { jid, sessionId } = await client.logIn('juliet', 'secret', { mechanism, resource: 'balcony' });
    expect({ jid, sessionId }).toEqual({ jid: 'juliet@localhost/balcony', sessionId: '' });
  });

  it('binds a resource of the server where none is asked for', async () => {
    const { connect } = await startMars();
    const client = await connect();
    await client.hello();
    expect(loggedIn(await client.scram('juliet', 'secret')).jid).toMatch(/^juliet@localhost\/.{12}$/);
  });

  it('a resource that cannot be is refused', async () => {
    const { connect } = await startMars();
    const client = await connect();
    await client.hello();
    const { error } = await client.scram('juliet', 'secret', { resource: '\u0000' });
    expect(error).toMatchObject({ condition: 'jid-malformed' });
  });

  it('a wrong password is refused, and the fifth closes the connection', async () => {
    const { connect } = await startMars();
    const client = await connect();
    await client.hello();
    for (let attempt = 1; attempt <= 5; attempt++) {
      const { error } = await client.auth('PLAIN', '\0juliet\0wrong');
      expect(error).toMatchObject({
        condition: 'not-authorized',
        type: 'auth',
        code: 401,
        app: { name: 'not-authorized' },
      });
    }
    expect(await client.push(Command.streamError)).toMatchObject({
      payload: { value: { condition: 'policy-violation' } },
    });
    await client.closed;
  });

  it('comes after hello', async () => {
    const { connect } = await startMars();
    const client = await connect();
    expect((await client.auth('PLAIN', '\0juliet\0secret')).error).toMatchObject({ condition: 'not-authorized' });
  });

  it.each([
    ['a mechanism that is not there', 'CRAM-MD5', 'x', 'feature-not-implemented'],
    ['a message that is none of the mechanism', 'PLAIN', 'x', 'bad-request'],
    ['an answer that nothing was asked for', '', 'x', 'bad-request'],
  ])('%s is refused', async (_, mechanism, data, condition) => {
    const { connect } = await startMars();
    const client = await connect();
    await client.hello();
    expect((await client.auth(mechanism, data)).error).toMatchObject({ condition });
  });

  it('an account that is disabled is refused', async () => {
    const { connect, server } = await startMars();
    await server.host.accounts.setDisabled('juliet', true);
    const client = await connect();
    await client.hello();
    expect((await client.scram('juliet', 'secret')).error).toMatchObject({ condition: 'not-authorized' });
  });

  it('the session is told to be one of this transport', async () => {
    const { connect, server } = await startMars();
    await (await connect()).logIn('juliet');
    const [session] = server.host.sessions;
    expect(session?.connection.peer).toEqual({ address: '127.0.0.1', transport: 'tcp-mars' });
    expect(session?.userAgent).toMatchObject({ software: 'test' });
  });

  it('a second login on the same connection is refused', async () => {
    const { connect } = await startMars();
    const client = await connect();
    await client.logIn('juliet');
    expect((await client.hello()).error).toMatchObject({ condition: 'unexpected-request' });
  });

  it('is told when to come back while too many log in', async () => {
    const { connect } = await startMars({
      auth: { plain_without_tls: true },
      limits: { logins_per_second: 1, login_queue: 0 },
    });
    const [first, second] = [await connect(), await connect()];
    await first.logIn('juliet', 'secret', { mechanism: 'PLAIN' });
    await second.hello();
    const { error } = await second.auth('PLAIN', '\0romeo\0secret');
    expect(error).toMatchObject({ condition: 'resource-constraint', type: 'wait' });
    expect(error?.retryAfterMs).toBeGreaterThan(0);
  });
});

describe('before login', () => {
  it('other commands are refused with their sequence number, and after ten the connection is closed', async () => {
    const { connect } = await startMars();
    const client = await connect();
    for (let count = 1; count <= 10; count++) {
      const { error } = await client.ask(Command.message, chat('romeo@localhost', 'psst'));
      expect(error).toMatchObject({ condition: 'not-authorized' });
    }
    await client.push(Command.streamError);
    await client.closed;
  });

  it('a connection that does not log in is closed', async () => {
    const { connect, clock } = await startMars();
    const client = await connect();
    await client.hello();
    clock.advance(32_000);
    expect(await client.push(Command.kick)).toMatchObject({ payload: { value: { reason: 'idle', reconnect: true } } });
    await client.closed;
  });
});

describe('encryption', () => {
  it('by Noise in the hello: what follows is encrypted, and SCRAM can be bound to it', async () => {
    const { connect, publicKey } = await startMars({ auth: {} });
    const client = await connect();
    const seq = client.sendFirst(publicKey, Command.hello, helloBody());
    const welcome = await client.next((frame) => frame.seq === seq);
    expect(textOf(welcome.body)).toContain('SCRAM-SHA-256-PLUS');
    expect(loggedIn(await client.scram('juliet', 'secret', {}, 'SCRAM-SHA-256-PLUS')).jid).toMatch(/^juliet@/);
    await client.settled();
  });

  it('by TLS on the same port', async () => {
    const { connectTls, server } = await startMars({ auth: {} });
    const client = await connectTls();
    expect((await client.logIn('juliet', 'secret', { mechanism: 'PLAIN' })).jid).toBe('juliet@localhost/game');
    expect([...server.host.sessions][0]?.connection.secure).toBe(true);
  });

  it('where it is required, nothing is taken in the clear but heartbeats', async () => {
    const { connect, publicKey } = await startMars({}, { encryption: 'required' });
    const client = await connect();
    client.noop();
    expect(await client.next()).toMatchObject({ cmdid: 6 });
    expect((await client.hello()).error).toMatchObject({ condition: 'policy-violation' });
    const seq = client.sendFirst(publicKey, Command.hello, helloBody());
    expect((await client.next((frame) => frame.seq === seq)).body.error).toBeUndefined();
  });

  it('where it is off, the handshake is refused', async () => {
    const { connect } = await startMars({}, { encryption: 'off' });
    const { publicKey } = await startMars();
    const client = await connect();
    const seq = client.sendFirst(publicKey, Command.hello, helloBody());
    expect((await client.next((frame) => frame.seq === seq)).body.error).toMatchObject({ condition: 'bad-request' });
  });

  it('a handshake for the key of another server ends the connection', async () => {
    const { connect } = await startMars();
    const client = await connect();
    client.sendFirst(Buffer.alloc(32, 9), Command.hello, helloBody());
    await client.push(Command.streamError);
    await client.closed;
  });

  it('PLAIN is not offered in the clear', async () => {
    const { connect } = await startMars({ auth: {} });
    const client = await connect();
    expect(textOf(await client.hello())).not.toContain('"PLAIN"');
    expect((await client.auth('PLAIN', '\0juliet\0secret')).error).toMatchObject({
      condition: 'feature-not-implemented',
    });
  });

  it('what comes before the handshake is answered ends the connection, and is no bug of the server', async () => {
    const { connect, publicKey, lines } = await startMars();
    const client = await connect();
    client.sendFirst(publicKey, Command.hello, { ...helloBody(), noReply: true });
    client.raw(encodeFrame(200, Command.auth, 9, new Uint8Array(40)));
    await client.closed;
    expect(JSON.stringify(lines)).not.toContain('a connection failed');
  });

  it('a body that was changed on the way ends the connection', async () => {
    const { connect, publicKey } = await startMars();
    const client = await connect();
    const seq = client.sendFirst(publicKey, Command.hello, helloBody());
    await client.next((frame) => frame.seq === seq);
    client.raw(encodeFrame(200, Command.auth, 9, new Uint8Array(40)));
    await client.push(Command.streamError);
    await client.closed;
  });
});

describe('over WebSocket', () => {
  it('the same frames come as binary messages of the sub-protocol mars', async () => {
    const { connectWebSocket, server } = await startMars();
    const client = await connectWebSocket();
    client.noop();
    expect(await client.next()).toMatchObject({ cmdid: 6 });
    await client.logIn('juliet');
    expect([...server.host.sessions][0]?.connection.peer.transport).toBe('websocket');
  });
});

describe('1060 register', () => {
  const request = { payload: { case: 'registration', value: { username: 'Paris', password: 'count' } } } as const;

  it('makes an account before login, where the server lets anybody', async () => {
    const modules = { register: {}, roster: {} };
    const { connect } = await startMars({ auth: { plain_without_tls: true }, hosts: { localhost: { modules } } });
    const client = await connect();
    const body = await client.ask(Command.register, request);
    expect(body.payload).toMatchObject({ case: 'registered', value: { jid: 'paris@localhost' } });
    expect((await client.logIn('paris', 'count')).jid).toBe('paris@localhost/game');
  });

  it('is refused where accounts are not made by their owners', async () => {
    const { connect } = await startMars();
    const { error } = await (await connect()).ask(Command.register, request);
    expect(error).toMatchObject({ condition: 'service-unavailable' });
  });
});

it('the identify check of the library can be a login: its answer has its sequence number', async () => {
  const { connect } = await startMars();
  const client = await connect();
  client.send(Command.hello, helloBody(), IDENTIFY_SEQ);
  expect(await client.next()).toMatchObject({ cmdid: Command.hello, seq: IDENTIFY_SEQ });
});
