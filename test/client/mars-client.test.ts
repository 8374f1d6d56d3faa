/** `tharsis/client` with a whole server: over TCP, TLS and WebSocket */
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { Jid, type Plugin } from '#core';
import { catalog } from '../../src/catalog.ts';
import { type Client, connect, type NodeClientOptions } from '../../src/client/node.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { freePort } from '../support/free-port.ts';
import { DONE, ScriptedInstance, scriptedPlugin, withShop } from '../support/scripted-backend.ts';

const ADDRESS = { address: '127.0.0.1', port: 0 };

/** With what lets clients change and delete their accounts. */
const modules = Object.fromEntries([...catalog.defaultModules, 'register'].map((name) => [name, {}]));

let server: TestServer;
let serverKey: string | undefined;
const clients: Client[] = [];

beforeEach(async () => {
  server = await start();
});

async function start(config: object = {}, plugins: readonly Plugin[] = []): Promise<TestServer> {
  const started = await createTestServer({
    plugins,
    config: {
      log: { level: 'silent' },
      hosts: { localhost: { modules } },
      listeners: [
        { transport: 'websocket', ...ADDRESS },
        { transport: 'tcp-mars', ...ADDRESS, encryption: 'optional' },
        { transport: 'tcp-mars', ...ADDRESS, encryption: 'required' },
      ],
      ...config,
    },
  });
  for (const name of ['alice', 'bob']) await started.addUser(name, 'secret');
  serverKey = started.listeners.find(({ transport }) => transport === 'tcp-mars')?.publicKey;
  return started;
}
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await server.stop();
});

it('a WebSocket that does not come about is a server that cannot be reached', async () => {
  const common = { domain: 'localhost', credentials: { username: 'alice', password: 'secret' }, WebSocket };
  const nobody = `ws://127.0.0.1:${await freePort()}/xmpp-websocket`;
  await expect(connect({ servers: [nobody], ...common })).rejects.toMatchObject({ name: 'ConnectionLost' });
  // Takes the connection, and never says a word.
  const mute = createServer();
  await new Promise<void>((done) => mute.listen(0, '127.0.0.1', done));
  const { port } = mute.address() as AddressInfo;
  const waiting = connect({ servers: [`ws://127.0.0.1:${port}/xmpp-websocket`], connectMs: 50, ...common });
  await expect(waiting).rejects.toThrow('does not answer within 50 ms');
  mute.close();
});

it('a service is called, and tells something', async () => {
  const shop = new ScriptedInstance('shop');
  await server.stop();
  server = await start(withShop({ kind: 'script' }), [scriptedPlugin(shop)]);
  const alice = await logIn('alice');
  shop.answer = ({ method, body }) => ({ ...DONE, code: method === 'Buy' ? 0 : 404, text: method, body });
  const body = Buffer.from('sword');
  const options = { headers: { lang: 'it' }, timeoutMs: 1_000, trace: 't', id: 'c1' };
  expect(await alice.call('Shop', 'Buy', body, options)).toEqual({ code: 0, text: 'Buy', body, headers: {} });
  expect(shop.requests[0]?.headers.get('tharsis-id')).toBe('c1');
  expect(await alice.call('Shop', 'Steal')).toMatchObject({ code: 404, text: 'Steal' });
  await expect(alice.call('Bank', 'Rob')).rejects.toMatchObject({ condition: 'item-not-found' });
  const told = next(alice, 'notification');
  const notification = { service: 'Shop', type: 'Sold', body, headers: new Map([['gold', '3']]) };
  server.host.rpc?.notify(Jid.parse(alice.jid), notification);
  expect(await told).toMatchObject([{ service: 'Shop', type: 'Sold', body, headers: { gold: '3' } }, {}]);
});

type Way = 'tcp' | 'tls' | 'ws';

function urlOf(way: Way): string {
  if (way === 'ws') return `ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket`;
  return `${way}://127.0.0.1:${server.port('tcp-mars')}`;
}

async function logIn(
  username: string,
  more: Partial<NodeClientOptions> = {},
  prepare?: (client: Client) => void,
): Promise<Client> {
  const options = {
    servers: [urlOf('tcp')],
    domain: server.domain,
    credentials: { username, password: 'secret' },
    serverKey,
    tls: { rejectUnauthorized: false },
    WebSocket,
    backOff: { minMs: 1, maxMs: 10 },
    ...more,
  };
  const client = await connect(options, prepare);
  clients.push(client);
  return client;
}

/** The arguments of the next event. */
function next<Name extends Parameters<Client['on']>[0]>(client: Client, name: Name) {
  return new Promise<unknown[]>((done) => {
    const listener = (...args: unknown[]): void => {
      off();
      done(args);
    };
    const off = client.on(name, listener as never);
  });
}

it.each<Way>(['tcp', 'ws'])('over %s in the clear a message goes there, where that is allowed', async (way) => {
  const alice = await logIn('alice', { servers: [urlOf(way)], serverKey: undefined });
  const arrived = next(alice, 'message');
  await alice.sendMessage({ to: alice.jid, body: 'hi' });
  expect(await arrived).toMatchObject([{ body: 'hi' }, { from: alice.jid }]);
});

describe.each<Way>(['tcp', 'tls', 'ws'])('over %s', (way) => {
  it('a message goes there and an answer comes back', async () => {
    const alice = await logIn('alice', { servers: [urlOf(way)] });
    const bob = await logIn('bob', { servers: [urlOf(way)], resource: 'phone' });
    await Promise.all([alice.setPresence(), bob.setPresence()]);
    const arrived = next(bob, 'message');
    const sent = await alice.sendMessage({ to: `bob@${server.domain}`, body: 'hi' });
    expect(sent).toMatchObject({ isDuplicate: false });
    expect(await arrived).toMatchObject([{ body: 'hi' }, { id: sent.id, from: alice.jid, type: 'chat' }]);
    const answered = next(alice, 'message');
    await bob.sendMessage({ to: alice.jid, body: 'hello' });
    expect(await answered).toMatchObject([{ body: 'hello' }, { from: `bob@${server.domain}/phone` }]);
  });

  it.each(['SCRAM-SHA-256', 'SCRAM-SHA-1', 'PLAIN'] as const)('%s logs in', async (mechanism) => {
    const credentials = { username: 'alice', password: 'secret', mechanisms: [mechanism] };
    const client = await logIn('alice', { servers: [urlOf(way)], credentials });
    expect(client.jid).toContain(`alice@${server.domain}/`);
  });

  it('a wrong password does not', async () => {
    const credentials = { username: 'alice', password: 'wrong' };
    await expect(logIn('alice', { servers: [urlOf(way)], credentials })).rejects.toMatchObject({
      name: 'RefusedError',
      condition: 'not-authorized',
    });
  });
});

it('a server with another key is not spoken to', async () => {
  const key = Buffer.alloc(32, 9).toString('base64');
  await expect(logIn('alice', { serverKey: key })).rejects.toThrow(/127\.0\.0\.1|handshake|lost/);
});

it('without encryption a server that wants it says so', async () => {
  const required = server.listeners.filter(({ transport }) => transport === 'tcp-mars')[1];
  const servers = [`tcp://127.0.0.1:${required?.port}`];
  await expect(logIn('alice', { servers, serverKey: undefined })).rejects.toMatchObject({ name: 'RefusedError' });
});

it('who is sent to another server logs in there, and is gone here', async () => {
  const other = await createTestServer({
    config: { log: { level: 'silent' }, listeners: [{ transport: 'tcp-mars', ...ADDRESS, encryption: 'optional' }] },
  });
  try {
    await other.addUser('alice', 'secret');
    const alice = await logIn('alice', { servers: [urlOf('tls')], serverKey: undefined, resource: 'phone' });
    const back = next(alice, 'online');
    await server.commands.run('session.redirect', { jid: alice.jid, to: `127.0.0.1:${other.port('tcp-mars')}` });
    await back;
    expect(alice.jid).toBe(`alice@${other.domain}/phone`);
    expect(await other.commands.run('session.count', {})).toMatchObject({
      sessions: 1,
      transports: [{ name: 'tcp-mars' }],
    });
    expect(await server.commands.run('session.count', {})).toMatchObject({ sessions: 0 });
  } finally {
    await other.stop();
  }
});

it('roster, friends, history and questions are answered', async () => {
  const alice = await logIn('alice');
  const bob = await logIn('bob');
  await Promise.all([alice.setPresence(), bob.setPresence({ status: 'at the bridge' })]);
  const to = (name: string) => `${name}@${server.domain}`;
  const asked = next(bob, 'presence');
  await alice.setPresence({}, { type: 'subscribe', to: to('bob') });
  await asked;
  const seen = next(alice, 'presence');
  await bob.setPresence({}, { type: 'subscribed', to: to('alice') });
  await seen;
  expect(await alice.roster()).toMatchObject({ items: [{ jid: to('bob'), subscription: 'to' }] });
  expect(await alice.friends()).toMatchObject([{ item: { jid: to('bob') }, online: true, status: 'at the bridge' }]);
  expect(await alice.iq('get', { ns: 'urn:xmpp:ping', name: 'ping' }, server.domain)).toBeUndefined();
  await expect(alice.iq('get', { ns: 'urn:example:none', name: 'q' }, server.domain)).rejects.toMatchObject({
    condition: 'service-unavailable',
  });
  for (const body of ['one', 'two', 'three']) await alice.sendMessage({ to: to('bob'), body });
  const bodies: unknown[] = [];
  for await (const { payload } of alice.history({ with: to('bob') })) {
    if (payload.case === 'message') bodies.push(payload.value.body);
  }
  expect(bodies).toEqual(['one', 'two', 'three']);
});

it('a profile is set and read, a password changed, an account deleted', async () => {
  const [alice, bob] = [await logIn('alice'), await logIn('bob')];
  await alice.account.setProfile({ nickname: 'Al', url: 'https://alice.example' });
  expect(await bob.account.profile(`alice@${server.domain}`)).toMatchObject({ nickname: 'Al', fullName: '' });
  await expect(alice.account.changePassword('sesame', 'wrong')).rejects.toMatchObject({ condition: 'not-authorized' });
  await alice.account.changePassword('sesame', 'secret');
  const again = await logIn('alice', { credentials: { username: 'alice', password: 'sesame' } });
  const closed = next(again, 'closed');
  await bob.account.delete();
  expect(await server.host.accounts.exists('bob')).toBe(false);
  await server.commands.run('session.kick', { jid: `alice@${server.domain}`, reason: 'enough' });
  const [reason] = await closed;
  expect(String(reason)).toContain('enough');
});

it('two clients that both ask are told how they reach each other past the server', async () => {
  const [alice, bob] = [await logIn('alice'), await logIn('bob')];
  await Promise.all([alice.setPresence(), bob.setPresence()]);
  const told = next(bob, 'directOffer');
  await expect(bob.directConnect(alice.jid, [{ host: '192.0.2.2', port: 8000 }])).rejects.toMatchObject({
    condition: 'subscription-required',
  });
  const offer = await alice.directConnect(bob.jid, [{ host: '192.0.2.1', port: 7000 }]);
  expect(offer?.endpoints).toMatchObject([{ host: '192.0.2.2', port: 8000 }, { host: '127.0.0.1' }]);
  const endpoints = [{ host: '192.0.2.1', port: 7000 }, { host: '127.0.0.1' }];
  expect(await told).toMatchObject([
    { offerId: offer?.offerId, secret: offer?.secret, endpoints },
    { from: alice.jid },
  ]);
});

describe('behind a line that can be cut', () => {
  let line: Server;
  const ends: Socket[] = [];
  /** What went over it, both ways. */
  const captured: Buffer[] = [];

  beforeEach(async () => {
    line = createServer((near) => {
      const far = dial(server.port('tcp-mars'), '127.0.0.1');
      ends.push(near, far);
      for (const end of [near, far]) end.on('error', () => {}).on('data', (bytes) => captured.push(bytes));
      near.pipe(far);
      far.pipe(near);
    });
    await new Promise<void>((done) => line.listen(0, '127.0.0.1', done));
  });
  afterEach(() => {
    cut();
    line.close();
  });

  function cut(): void {
    for (const end of ends.splice(0)) end.destroy();
  }

  it('who listens reads nothing of a session: no name, no text, no id of it', async () => {
    const { port } = line.address() as { port: number };
    captured.length = 0;
    const alice = await logIn('alice', { servers: [`tcp://127.0.0.1:${port}`] });
    await alice.setPresence({ status: 'listening' });
    const back = next(alice, 'replayed');
    const heard = next(alice, 'message');
    await alice.sendMessage({ to: alice.jid, body: 'a rose by any other name' });
    await heard;
    cut();
    await back;
    const ids = [...server.host.sessions].map(({ management }) => management?.terms?.id ?? '');
    expect(ids).toEqual([expect.stringMatching(/.{20}/)]);
    const bytes = Buffer.concat(captured);
    expect(bytes.length).toBeGreaterThan(1_000);
    for (const text of ['alice', 'listening', 'a rose by', 'SCRAM', 'secret', ...ids]) {
      expect(bytes.includes(text), text).toBe(false);
    }
  });

  it('a session goes on, what was missed comes once, and what was sent arrives once', async () => {
    const { port } = line.address() as { port: number };
    const heard: (string | undefined)[] = [];
    const alice = await logIn('alice', { servers: [`tcp://127.0.0.1:${port}`] });
    const bob = await logIn('bob');
    await Promise.all([alice.setPresence(), bob.setPresence()]);
    alice.on('message', ({ body }) => heard.push(body));
    const bobHeard: (string | undefined)[] = [];
    bob.on('message', ({ body }) => bobHeard.push(body));
    for (let round = 0; round < 20; round++) {
      const replayed = next(alice, 'replayed');
      const sending = [1, 2, 3].flatMap((count) => [
        alice.sendMessage({ to: bob.jid, body: `to bob ${round}.${count}` }),
        bob.sendMessage({ to: alice.jid, body: `to alice ${round}.${count}` }),
      ]);
      if (round % 2 === 0) await sending[1];
      cut();
      await Promise.all([...sending, replayed]);
    }
    // Both are told in order: after these everything before was.
    const last = [next(alice, 'message'), next(bob, 'message')];
    await alice.sendMessage({ to: bob.jid, body: 'end' });
    await bob.sendMessage({ to: alice.jid, body: 'end' });
    await Promise.all(last);
    const all = (name: string) => [
      ...Array.from({ length: 60 }, (_, at) => `to ${name} ${Math.floor(at / 3)}.${(at % 3) + 1}`),
      'end',
    ];
    expect(heard).toEqual(all('alice'));
    expect([...bobHeard].sort()).toEqual(all('bob').sort());
  });
});

it('a session that is redirected goes on where it is sent', async () => {
  const other = await createTestServer({
    config: {
      log: { level: 'silent' },
      listeners: [{ transport: 'tcp-mars', ...ADDRESS, encryption: 'off' }],
    },
  });
  try {
    await other.addUser('alice', 'secret');
    const alice = await logIn('alice', { serverKey: undefined });
    const moved = next(alice, 'online');
    const to = `127.0.0.1:${other.port('tcp-mars')}`;
    await server.commands.run('session.redirect', { jid: `alice@${server.domain}`, to });
    expect(await moved).toMatchObject([{ missed: undefined }]);
    expect([...other.host.sessions].map(({ user }) => user.local)).toEqual(['alice']);
    await alice.close();
  } finally {
    await other.stop();
  }
});
