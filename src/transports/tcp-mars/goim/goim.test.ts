import { describe, expect, it } from 'vitest';
import { definePlugin, defineRpcBackend, Jid, message, ns, type RpcRequest } from '#core';
import { encodeFrame, HEADER_BYTES } from '#protocol/mars';
import type { GoimClient } from '../../../../test/support/goim-client.ts';
import { type GoimServer, startGoim } from '../../../../test/support/goim-server.ts';

const LARGEST = 8_192;

/** A header as it is told, and nothing after it. */
function header(headLength: number, bodyLength: number, operation = 2): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  for (const [at, value] of [headLength, 0, operation, 1, bodyLength].entries()) bytes.writeUInt32BE(value, 4 * at);
  return bytes;
}

async function loggedIn(connect: () => Promise<GoimClient>, uid: number, room = -1): Promise<GoimClient> {
  const client = await connect();
  const { retCode, retDesc } = await client.logIn(uid, 'secret', { 'subscribe-room-push': `${room}` });
  expect({ retCode, retDesc }).toEqual({ retCode: 0, retDesc: 'auth ok' });
  return client;
}

describe('operation 2, heartbeat', () => {
  it('is answered by 3 with the same number and version, before and after the login', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    client.send(2, undefined, 0xffff_ffff, 70_000);
    expect(await client.next()).toMatchObject({ cmdid: 3, seq: 0xffff_ffff, version: 70_000, body: new Uint8Array() });
    await client.logIn(1);
    client.send(2, undefined, 7, 0);
    expect(await client.next()).toMatchObject({ cmdid: 3, seq: 7, version: 0 });
  });
});

describe('operation 7, auth', () => {
  it('is answered by 8, with what the server knows of the connection', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    const { headers } = await client.logIn('0001');
    expect(headers).toMatchObject({
      ...{ uid: '1', appid: '0', connid: '1', 'is-anonymous-user': 'false', 'subscribe-room-push': '-1' },
      ...{ 'client-ip': '127.0.0.1', 'access-point-ip': '127.0.0.1', 'access-point-port': `${goim.port}` },
      'heartbeat-threshold': '15m0s',
    });
    expect(Number(headers['client-port'])).toBeGreaterThan(0);
    expect([...goim.server.host.sessions].map(({ user }) => user.toString())).toEqual(['1@localhost']);
  });

  it('a second one is answered, and changes nothing', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    expect((await client.logIn(2)).retCode).toBe(0);
    expect([...goim.server.host.sessions].map(({ user }) => user.local)).toEqual(['1']);
  });

  it.each<[string, Record<string, string>, string]>([
    ['a wrong token', { uid: '1', token: 'wrong' }, 'not-authorized'],
    ['no token', { uid: '1' }, 'not a PLAIN message'],
    ['a token with a zero', { uid: '1', token: 'secret\0' }, 'not a PLAIN message'],
    ['the uid of nobody', { uid: '3', token: 'secret' }, 'not-authorized'],
    ['the largest uid', { uid: `${2 ** 47 - 1}`, token: 'secret' }, 'not-authorized'],
    ['a uid above it', { uid: `${2 ** 47}`, token: 'secret' }, 'uid is not a number from 0 to 140737488355327'],
    ['a uid that is none', { uid: 'juliet', token: 'secret' }, 'uid is not a number'],
    ['a negative uid', { uid: '-1', token: 'secret' }, 'uid is not a number'],
    ['an appid without a host', { uid: '1', token: 'secret', appid: '1' }, 'there is no appid 1'],
    ['an appid above the largest', { uid: '1', token: 'secret', appid: '32768' }, 'appid is not a number'],
    ['a room that is none', { uid: '1', token: 'secret', 'subscribe-room-push': '-2' }, 'room is not a number'],
    ['uid 0', { uid: '0' }, 'anonymous users are not let in'],
    ['nothing', {}, 'anonymous users are not let in'],
  ])('with %s fails, says why, and ends the connection', async (_, headers, reason) => {
    const goim = await startGoim();
    const client = await goim.connect();
    const { retCode, retDesc } = await client.ask(7, { headers });
    expect(retCode).toBe(1);
    expect(retDesc).toContain(`auth fail: ${reason}`);
    await client.closed;
    expect([...goim.server.host.sessions]).toEqual([]);
  });

  it('with another body fails', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    client.raw(encodeFrame(1, 7, 1, Uint8Array.of(0x0a, 200)));
    expect(Buffer.from((await client.next()).body).toString()).toContain('the body is no RPCInput');
    await client.closed;
  });

  it('of a disabled account fails', async () => {
    const goim = await startGoim();
    await goim.server.host.accounts.setDisabled('1', true);
    expect((await (await goim.connect()).logIn(1)).retCode).toBe(1);
  });

  it('counts as a failed login', async () => {
    const goim = await startGoim({}, { limits: { failed_logins: 2 } });
    for (let at = 0; at < 2; at++) await (await goim.connect()).logIn(1, 'wrong');
    expect((await (await goim.connect()).logIn(1)).retDesc).toContain('too many failed logins');
  });

  it('is refused in the clear where encryption is required, and taken under TLS', async () => {
    const goim = await startGoim({ encryption: 'required' });
    const client = await goim.connect();
    expect((await client.logIn(1)).retDesc).toContain('encrypted connections only');
    await client.closed;
    expect((await (await goim.connectTls()).logIn(1)).retCode).toBe(0);
  });

  it('takes no token in the clear where passwords may not come so', async () => {
    const goim = await startGoim({}, { auth: { plain_without_tls: false } });
    expect((await (await goim.connect()).logIn(1)).retDesc).toContain('a token may not be sent like this');
    expect((await (await goim.connectTls()).logIn(1)).retCode).toBe(0);
  });

  it('has its time, after which the connection is closed', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    await client.settled();
    goim.clock.advance(4_000);
    await client.settled();
    goim.clock.advance(3_000);
    await client.closed;
  });

  it('comes before everything but heartbeats: the rest is ignored', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    for (const operation of [4, 15, 254, 99]) client.send(operation, {});
    await client.settled();
    expect(client.take()).toEqual([]);
    await client.logIn(1);
  });

  it('may be followed by more in the same segment, which waits for it', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    client.send(7, { headers: { uid: '1', token: 'secret' } });
    client.send(254);
    client.send(2);
    expect([await client.next(), await client.next(), await client.next()].map(({ cmdid }) => cmdid)).toEqual([
      8, 255, 3,
    ]);
  });

  it('may not be followed by more than twenty packages', async () => {
    const goim = await startGoim();
    const client = await goim.connect();
    client.send(7, { headers: { uid: '1', token: 'secret' } });
    for (let at = 0; at < 21; at++) client.send(2);
    await client.closed;
  });

  it('lets uid 0 in without a token where that is configured: for pushes, without a session', async () => {
    const goim = await startGoim({ goim_anonymous: true });
    const client = await goim.connect();
    const { retCode, headers } = await client.ask(7, {});
    expect(retCode).toBe(0);
    expect(headers).toMatchObject({ uid: '0', 'is-anonymous-user': 'true' });
    expect([...goim.server.host.sessions]).toEqual([]);
    expect(await client.ask(4, { serviceName: 'shop', methodName: 'buy' })).toMatchObject({ retCode: 401 });
  });

  it('finds the host by the appid', async () => {
    const hosts = { 'one.example': {}, 'two.example': {} };
    const goim = await startGoim({ goim_hosts: { 1: 'one.example', 2: 'two.example' } }, { hosts });
    await goim.server.router.host('two.example')?.createAccount('5', 'secret');
    expect((await (await goim.connect()).logIn(5, 'secret', { appid: '2' })).retCode).toBe(0);
    for (const appid of ['0', '1']) {
      expect((await (await goim.connect()).logIn(5, 'secret', { appid })).retCode).toBe(1);
    }
  });

  it('of a user who is there tells the other connections, which stay', async () => {
    const goim = await startGoim();
    const first = await loggedIn(goim.connect, 1);
    const other = await loggedIn(goim.connect, 2);
    const second = await loggedIn(goim.connect, 1);
    expect(await first.push()).toMatchObject({ messageType: 9, messageDesc: 'LOGIN_ELSEWHERE' });
    for (const client of [first, other, second]) {
      await client.settled();
      expect(client.take()).toEqual([]);
    }
  });
});

it('a host that is not served stops the start', async () => {
  await expect(startGoim({ goim_hosts: { 0: 'example.net' } })).rejects.toThrow('goim_hosts names example.net');
});

it('push calls without tokens are for loopback addresses', async () => {
  const goim_push = { address: '*', port: 0, access: 'open' };
  await expect(startGoim({ goim_push })).rejects.toThrow('open is for loopback addresses only');
});

it('tokens of push calls do not travel in the clear', async () => {
  const goim_push = { address: '*', port: 0 };
  await expect(startGoim({ goim_push })).rejects.toThrow('without TLS push calls are taken on loopback addresses only');
});

describe('operation 15, another room', () => {
  it('is answered by 16', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const room = (text: string) => client.ask(15, { headers: { 'subscribe-room-push': text } });
    expect(await room('20')).toMatchObject({ retCode: 0, retDesc: 'change roomid -1->20 ok' });
    expect(await room('-1')).toMatchObject({ retCode: 0, retDesc: 'change roomid 20->-1 ok' });
    expect(await room(`${2 ** 47 - 1}`)).toMatchObject({ retCode: 0 });
  });

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['what is no number', { 'subscribe-room-push': 'lobby' }],
    ['a number that is too large', { 'subscribe-room-push': `${2 ** 47}` }],
    ['one of another app', { 'subscribe-room-push': '20', appid: '1' }],
  ])('is refused with %s, and the room stays', async (_, headers) => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1, 20);
    expect(await client.ask(15, { headers })).toMatchObject({ retCode: 1 });
    const { retDesc } = await client.ask(15, { headers: { 'subscribe-room-push': '20', appid: '0' } });
    expect(retDesc).toBe('change roomid 20->20 ok');
  });

  it('says so when the service that is to know of it is not there', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const headers = { 'subscribe-room-push': '20' };
    expect(await client.ask(15, { serviceName: 'rooms', methodName: 'enter', headers })).toMatchObject({ retCode: 3 });
    expect((await client.ask(15, { headers })).retDesc).toBe('change roomid 20->20 ok');
  });
});

describe('operation 254', () => {
  it('is answered by 255 with the time of the server', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    client.send(254);
    const { cmdid, body } = await client.next();
    expect([cmdid, Number(Buffer.from(body).readBigInt64BE())]).toEqual([255, goim.clock.now()]);
  });
});

describe('operation 4, a call', () => {
  it('of a service that is not there is refused in its answer, 5', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    expect(await client.ask(4, { serviceName: 'shop', methodName: 'buy' })).toMatchObject({ retCode: 404 });
  });

  it('with another body is refused', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    client.raw(encodeFrame(1, 4, 9, Uint8Array.of(0x0a, 200)));
    expect(Buffer.from((await client.next()).body).toString()).toContain('the body is no RPCInput');
  });

  it('with number 0 has no answer, which would be taken for a push', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    client.send(4, { serviceName: 'shop' }, 0);
    await client.settled();
    expect(client.take()).toEqual([]);
  });

  it('is refused above the limit of requests, and the connection closed far above it', async () => {
    const goim = await startGoim({ requests_per_second: 2 });
    const client = await loggedIn(goim.connect, 1);
    const codes: number[] = [];
    for (let at = 0; at < 5; at++)
      codes.push((await client.ask(4, { serviceName: 'shop', methodName: 'Buy' })).retCode);
    expect(codes).toEqual([404, 404, 404, 404, 500]);
    for (let at = 0; at < 21; at++) client.send(4, {});
    await client.closed;
  });
});

describe('where there are services', () => {
  /** Answers with what it was asked, and refuses with 7. */
  const requests: RpcRequest[] = [];
  const echo = defineRpcBackend({
    name: 'echo',
    create: () => ({
      instances: [
        {
          name: 'echo',
          async call(request) {
            requests.push(request);
            const { method, body } = request;
            if (method === 'Never') return new Promise(() => {});
            const code = method === 'Refuse' ? 7 : 0;
            const answer = method === 'Much' ? new Uint8Array(LARGEST) : body;
            return { code, text: code === 0 ? '' : 'no', body: answer, headers: new Map([['SEEN', 'yes']]) };
          },
        },
      ],
    }),
  });

  async function services(goim: object = {}): Promise<GoimServer> {
    requests.length = 0;
    const config = {
      hosts: { localhost: { modules: { rpc: { services: { '*': { backend: 'game' } } } } } },
      rpc: { backends: { game: { kind: 'echo' } } },
    };
    return startGoim(goim, config, { plugins: [definePlugin({ name: 'echo', rpcBackends: [echo] })] });
  }

  it('a call reaches one, with what the server knows of the client and the client cannot say', async () => {
    const goim = await services();
    const client = await loggedIn(goim.connect, 1, 20);
    const headers = { LEVEL: '9', uid: '2', 'client-ip': '192.0.2.1' };
    const call = { serviceName: 'shop.Obj', methodName: 'Buy', requestBuffer: Uint8Array.of(0, 255), headers };
    expect(await client.ask(4, call)).toMatchObject({
      ...{ retCode: 0, serviceName: 'shop.Obj', methodName: 'Buy', headers: { SEEN: 'yes' } },
      responseBuffer: Uint8Array.of(0, 255),
    });
    expect(Object.fromEntries(requests[0]?.headers ?? [])).toMatchObject({
      ...{ LEVEL: '9', uid: '1', 'client-ip': '127.0.0.1', 'subscribe-room-push': '20' },
      'tharsis-user': '1@localhost',
    });
  });

  it('behind a proxy one hears of no port of the client, whatever that says', async () => {
    const goim = await services({ proxy_protocol: ['127.0.0.1'] });
    const client = await goim.connect();
    client.raw(Buffer.from('PROXY TCP4 192.0.2.7 127.0.0.1 1 2\r\n'));
    await client.logIn(1);
    await client.ask(4, { serviceName: 'shop', methodName: 'Buy', headers: { 'client-port': '9' } });
    expect(requests[0]?.headers.get('client-ip')).toBe('192.0.2.7');
    expect(requests[0]?.headers.has('client-port')).toBe(false);
  });

  it('its refusal is told, and an answer that is too long or too late', async () => {
    const goim = await services();
    const client = await loggedIn(goim.connect, 1);
    const call = (methodName: string) => client.ask(4, { serviceName: 'shop', methodName });
    expect(await call('Refuse')).toMatchObject({ retCode: 7, retDesc: 'no' });
    expect(await call('Much')).toMatchObject({ retCode: 405, retDesc: 'the answer has more than 8192 bytes' });
    const never = call('Never');
    while (requests.length < 3) await new Promise(setImmediate);
    goim.clock.advance(5_000);
    expect(await never).toMatchObject({ retCode: 504 });
  });

  it('one hears of another room', async () => {
    const goim = await services();
    const client = await loggedIn(goim.connect, 1);
    const change = { serviceName: 'rooms', methodName: 'Refuse', headers: { 'subscribe-room-push': '20' } };
    expect(await client.ask(15, change)).toMatchObject({ retCode: 0, retDesc: 'change roomid -1->20 ok' });
    expect(requests[0]?.headers.get('subscribe-room-push')).toBe('20');
  });

  it('what they tell a user is a push, and nobody else can tell it', async () => {
    const goim = await services();
    const client = await loggedIn(goim.connect, 1);
    const { host } = goim.server;
    const notification = { service: 'shop', type: 'Sold', body: Uint8Array.of(1, 2), headers: new Map([['ID', '5']]) };
    expect(host.rpc?.notify(Jid.parse('1@localhost'), notification)).toBe(1);
    expect(await client.push()).toMatchObject({
      ...{ messageType: 0, serviceName: 'shop', methodName: 'Sold', headers: { ID: '5' } },
      pushBuffer: Uint8Array.of(1, 2),
    });
    const [session] = host.sessions;
    const forged = ns('urn:tharsis:rpc:0')('notify', { service: 'shop', type: 'Sold' });
    const { jid: to } = session as { jid: Jid };
    await host.router.route(message({ type: 'headline', from: Jid.parse('2@localhost/x'), to }, forged));
    expect(host.rpc?.notify(to, { ...notification, body: new Uint8Array(LARGEST) })).toBe(1);
    await client.settled();
    expect(client.take()).toEqual([]);
    expect(goim.lines.map(({ message: text }) => text)).toContain('a notification is too long for a package');
  });
});

describe('a package', () => {
  it.each<[string, Buffer]>([
    ['a head of 24 bytes', header(24, 0)],
    ['a head of 16 bytes', header(16, 0)],
    ['one byte too many', header(20, LARGEST - HEADER_BYTES + 1)],
    ['lengths that overflow', header(20, 0xffff_fff0)],
    ['a little-endian header', Buffer.from([20, 0, 0, 0, ...Buffer.alloc(16)])],
    ['an operation that is not known', header(20, 0, 9)],
    ["the heartbeat of Mars, which is goim's kick", header(20, 0, 6)],
  ])('with %s ends the connection', async (_, bytes) => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    client.raw(bytes);
    await client.closed;
    expect([...goim.server.host.sessions]).toEqual([]);
  });

  it('may have 8192 bytes, and come byte by byte', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const frame = encodeFrame(1, 2, 5, new Uint8Array(LARGEST - HEADER_BYTES));
    client.raw(frame);
    expect(await client.next()).toMatchObject({ cmdid: 3, seq: 5 });
    for (const byte of encodeFrame(1, 2, 6, new Uint8Array(3))) client.raw(Uint8Array.of(byte));
    expect(await client.next()).toMatchObject({ cmdid: 3, seq: 6 });
  });
});

describe('a connection', () => {
  it('is closed when nothing came for too long', async () => {
    const goim = await startGoim({ idle_seconds: 300 });
    const client = await loggedIn(goim.connect, 1);
    goim.clock.advance(299_000);
    await client.settled();
    goim.clock.advance(299_000);
    await client.settled();
    goim.clock.advance(303_000);
    await client.closed;
    expect([...goim.server.host.sessions]).toEqual([]);
  });

  it('takes its session with it', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const closed = new Promise<void>((resolve) => {
      goim.server.host.hooks.add('session:closed', 'observe', () => resolve());
    });
    client.destroy();
    await closed;
    expect([...goim.server.host.sessions]).toEqual([]);
  });

  it('is told by operation 6 why an administrator ends it', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    await goim.server.commands.run('user.ban', { jid: '1@localhost', until: '1h', reason: 'cheats' });
    expect((await client.push(6)).messageDesc).toContain('policy-violation');
    await client.closed;
  });

  it('is closed without a word when the server stops', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const stopped = goim.server.stop();
    await client.closed;
    expect(client.take()).toEqual([]);
    goim.clock.advance(10_000);
    await stopped;
  });

  it('is sent no stanzas: who writes to it is told', async () => {
    const goim = await startGoim();
    const client = await loggedIn(goim.connect, 1);
    const [session] = goim.server.host.sessions;
    const refused: string[] = [];
    goim.server.host.hooks.add('host:arrived', 'observe', (event) => {
      const { stanza } = event as { stanza: { type: string; toString(): string } };
      if (stanza.type === 'error') refused.push(stanza.toString());
    });
    const from = Jid.parse('2@localhost');
    for (const type of ['chat', 'headline'] as const) {
      await goim.server.router.route(message({ type, from, to: (session as { jid: Jid }).jid }));
    }
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain('service-unavailable');
    await client.settled();
    expect(client.take()).toEqual([]);
  });
});
