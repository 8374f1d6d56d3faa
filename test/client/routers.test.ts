/** docs/routers.md by the client, with a whole server */
import { afterEach, describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { Command, Show } from '#protocol/mars';
import { connectRouter, type NodeRouterOptions, type Router } from '../../src/client/node.ts';
import { WeakLink } from '../interop/weak-link.ts';
import { chat } from '../support/mars-client.ts';
import { type MarsServer, startMars } from '../support/mars-server.ts';

const SECRET = 'a secret that has thirty-two characters or more';
const rule = {
  name: 'lobby',
  secret: SECRET,
  addresses: ['127.0.0.0/8'],
  domains: ['localhost'],
  users: '^[a-z0-9]+$',
};

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const start = () => startMars({}, { routers: [rule] });

async function connect(mars: MarsServer, more: Partial<NodeRouterOptions> = {}): Promise<Router> {
  const router = await connectRouter({
    ...{ servers: [`tcp://127.0.0.1:${mars.port}`], domain: 'localhost', serverKey: mars.publicKey },
    ...{ router: 'lobby', secret: SECRET, backOff: { minMs: 1, maxMs: 5 }, ...more },
  });
  undo.push(() => router.close());
  return router;
}

async function online(mars: MarsServer, name: string) {
  const client = await mars.connect();
  await client.comeOnline(name);
  return client;
}

/** What leaves for the users of a link leaves after 30 ms. */
async function flush(mars: MarsServer, router: Router): Promise<void> {
  mars.clock.advance(30);
  await router.users[0]?.iq('get', { ns: 'urn:xmpp:ping', name: 'ping' }, 'localhost');
}

const sessions = (mars: MarsServer, name: string) => mars.server.host.sessions.of(Jid.parse(`${name}@localhost`));

describe('a router', () => {
  it('brings its users, who write and are written to', async () => {
    const mars = await start();
    const juliet = await online(mars, 'juliet');
    const router = await connect(mars);
    const heard: unknown[] = [];
    router.on('message', (users, { body }, { from }) => heard.push([users.map(({ uid }) => uid), body, from]));
    const contacts = ['juliet@localhost', 'p2@localhost'];
    const presence = { show: Show.AWAY, status: 'in the lobby' };
    const p1 = await router.enter('p1', { resource: 'game', contacts, presence });
    expect([p1.jid, p1.online]).toEqual(['p1@localhost/game', ['juliet@localhost']]);
    expect(await juliet.stanza('in the lobby')).toMatchObject({ from: 'p1@localhost/game' });
    expect(await p1.sendMessage({ to: 'juliet@localhost', body: 'here' })).toMatchObject({ isDuplicate: false });
    await juliet.stanza('here');
    await p1.setPresence({ status: 'in a game' });
    await juliet.stanza('in a game');
    await juliet.ask(Command.message, chat('p1@localhost', 'welcome'));
    await flush(mars, router);
    expect(heard).toEqual([[['p1'], 'welcome', 'juliet@localhost/game']]);
    const [session] = sessions(mars, 'p1');
    await expect.poll(() => session?.management?.unacknowledged.length).toBe(0);
    await router.leave('p1');
    expect(await juliet.stanza('"unavailable"')).toMatchObject({ from: 'p1@localhost/game' });
    expect(router.users).toEqual([]);
  });

  it('is told which users get the same', async () => {
    const mars = await start();
    const router = await connect(mars);
    const told: string[][] = [];
    router.on('presence', (users, { status }) => status === 'news' && told.push(users.map(({ uid }) => uid)));
    const everybody = ['p1', 'p2', 'p3'];
    const contacts = ['p2@localhost', 'p3@localhost'];
    for (const uid of everybody) await router.enter(uid, { contacts: uid === 'p1' ? contacts : ['p1@localhost'] });
    await flush(mars, router);
    await router.user('p1')?.setPresence({ status: 'news' });
    await flush(mars, router);
    expect(told.flat().sort()).toEqual(everybody);
    expect(told.length).toBeLessThan(3);
  });

  it('answers questions to its users', async () => {
    const mars = await start();
    const juliet = await online(mars, 'juliet');
    const router = await connect(mars);
    const p1 = await router.enter('p1', { resource: 'game', contacts: ['juliet@localhost'] });
    p1.answer('urn:example:level', () => ({ ns: 'urn:example:level', name: 'level' }));
    const ask = async (ns: string) => {
      const seq = juliet.send(Command.iq, {
        ...{ id: ns, to: p1.jid, type: 'get' },
        payload: { case: 'iq', value: { payload: { ns, name: 'q' } } },
      });
      await juliet.settled();
      mars.clock.advance(30);
      return (await juliet.next((frame) => frame.seq === seq)).body;
    };
    expect((await ask('urn:example:level')).payload).toMatchObject({ value: { payload: { name: 'level' } } });
    expect(await ask('urn:example:other')).toMatchObject({ error: { condition: 'service-unavailable' } });
  });

  it('hears who is gone', async () => {
    const mars = await start();
    const router = await connect(mars);
    await router.enter('p1');
    const gone = new Promise((resolve) => router.on('gone', ({ uid }) => resolve(uid)));
    await mars.server.commands.run('session.kick', { jid: 'p1@localhost' });
    expect(await gone).toBe('p1');
    expect(router.users).toEqual([]);
    await expect(router.request(Command.presence, { uid: 'p1' })).rejects.toMatchObject({
      condition: 'item-not-found',
    });
  });

  it.each<[string, Partial<NodeRouterOptions>, object]>([
    ['another secret', { secret: `${SECRET}x` }, { condition: 'not-authorized' }],
    ['nothing that encrypts', { serverKey: undefined }, { name: 'ProtocolError' }],
  ])('with %s is none', async (_, options, error) => {
    await expect(connect(await start(), options)).rejects.toMatchObject(error);
  });

  it('has the user before when another login of him is refused', async () => {
    const mars = await start();
    const router = await connect(mars);
    const p1 = await router.enter('p1', { resource: 'game' });
    const presence = { show: 99 as Show };
    await expect(router.enter('p1', { presence })).rejects.toMatchObject({ condition: 'bad-request' });
    await expect(router.enter('p2', { presence })).rejects.toMatchObject({ condition: 'bad-request' });
    expect(router.users).toEqual([p1]);
    const other = await router.enter('p1', { resource: 'other' });
    expect(router.users).toEqual([other]);
    expect(sessions(mars, 'p1').map(({ jid }) => jid.resource)).toEqual(['other']);
  });

  it('takes its users along', async () => {
    const mars = await start();
    const router = await connect(mars);
    await router.enter('p1');
    await router.close();
    expect(sessions(mars, 'p1')).toEqual([]);
  });
});

describe('a router that has lost its connection', () => {
  it('keeps its users, and what they missed comes once', async () => {
    const mars = await start();
    const romeo = await online(mars, 'romeo');
    const link = await WeakLink.to(mars.port);
    undo.push(() => link.close());
    const router = await connect(mars, { servers: [`tcp://127.0.0.1:${link.port}`] });
    const heard: unknown[] = [];
    const again: string[] = [];
    router.on('message', (users, { body }) => heard.push(...users.map(({ uid }) => `${uid} ${body}`)));
    router.on('again', (users) => again.push(...users.map(({ uid }) => uid)));
    await router.enter('p1', { resource: 'game', contacts: ['romeo@localhost'], presence: { show: Show.CHAT } });
    await router.enter('p2', { resource: 'game' });
    await romeo.ask(Command.message, chat('p1@localhost', 'before'));
    await flush(mars, router);
    const [kept] = sessions(mars, 'p1');
    const detached = new Promise<void>((resolve) => {
      mars.server.host.hooks.add('session:detached', 'observe', () => resolve());
    });
    const back = new Promise<void>((resolve) => router.on('online', resolve));
    router.on('offline', () => {
      // One of them is not there any more when the router is back.
      sessions(mars, 'p2')[0]?.close();
    });
    link.cut(true);
    await detached;
    await romeo.ask(Command.message, chat('p1@localhost', 'meanwhile'));
    await back;
    await expect.poll(() => again).toEqual(['p2']);
    await flush(mars, router);
    expect(heard).toEqual(['p1 before', 'p1 meanwhile']);
    expect(sessions(mars, 'p1')).toEqual([kept]);
    expect(sessions(mars, 'p2')).toHaveLength(1);
    await router.user('p2')?.sendMessage({ to: 'romeo@localhost', body: 'still here' });
    await romeo.stanza('still here');
  });
});
