import { createHash } from 'node:crypto';
import { toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { type Body, type BodyInit, Command, RouterLoginSchema, Show } from '#protocol/mars';
import { chat, type MarsClient, textOf } from '../../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../../test/support/mars-server.ts';

const SECRET = 'a secret that has thirty-two characters or more';
const rule = {
  name: 'lobby',
  secret: SECRET,
  addresses: ['127.0.0.0/8'],
  domains: ['localhost'],
  users: '^[a-z0-9]+$',
};

const start = (more: object = {}): Promise<MarsServer> => startMars({}, { routers: [rule], ...more });

async function router(mars: MarsServer): Promise<MarsClient> {
  const client = await mars.connect();
  const { error } = await client.auth('ROUTER', `lobby\0${SECRET}`);
  expect(error).toBeUndefined();
  return client;
}

const loginBody = (uid: string, roster: string[] = [], more: object = {}): BodyInit => ({
  uid,
  payload: { case: 'routerLogin', value: { resource: 'game', roster: roster.map((jid) => ({ jid })), ...more } },
});

async function enter(client: MarsClient, uid: string, roster: string[] = [], more: object = {}): Promise<Body> {
  return client.ask(Command.routerLogin, loginBody(uid, roster, more));
}

/** Every stanza that has come for the users of a link, in order. */
function stanzas(client: MarsClient): { uid: string; text: string }[] {
  return client.take().flatMap(({ cmdid, body }) => {
    const { payload } = body;
    if (cmdid === Command.stanza) return [{ uid: body.uid, text: textOf(body) }];
    if (payload.case === 'batch') return payload.value.bodies.map((one) => ({ uid: one.uid, text: textOf(one) }));
    if (payload.case !== 'multiPush') return [];
    const text = payload.value.body === undefined ? '' : textOf(payload.value.body);
    return payload.value.uids.map((uid) => ({ uid, text }));
  });
}

describe('a router', () => {
  it('brings its users, who are as any others', async () => {
    const mars = await start();
    const link = await router(mars);
    const juliet = await mars.connect();
    await juliet.comeOnline('juliet');
    const body = await enter(link, 'p1', ['juliet@localhost', 'p2@localhost'], {
      presence: { show: Show.AWAY, status: 'in the lobby' },
    });
    expect(body).toMatchObject({
      uid: 'p1',
      payload: {
        case: 'routerContacts',
        value: { jid: 'p1@localhost/game', online: ['juliet@localhost'], offline: ['p2@localhost'] },
      },
    });
    expect(await juliet.stanza('in the lobby')).toMatchObject({ from: 'p1@localhost/game' });
    await juliet.ask(Command.message, chat('p1@localhost', 'welcome'));
    mars.clock.advance(30);
    expect((await link.push(Command.batch)).payload).toMatchObject({
      value: {
        bodies: expect.arrayContaining([expect.objectContaining({ uid: 'p1', from: 'juliet@localhost/game' })]),
      },
    });
    expect(
      await link.ask(Command.message, { ...chat('juliet@localhost', 'thanks'), uid: 'p1' } as BodyInit),
    ).toMatchObject({ uid: 'p1', payload: { case: 'messageResult' } });
    expect(await juliet.stanza('thanks')).toMatchObject({ from: 'p1@localhost/game' });
    expect((await link.ask(Command.routerLogout, { uid: 'p1' })).error).toBeUndefined();
    expect(await juliet.stanza('"unavailable"')).toMatchObject({ from: 'p1@localhost/game' });
  });

  it.each([
    ['another secret', `lobby\0${SECRET}x`],
    ['another name', `hall\0${SECRET}`],
    ['no secret', 'lobby'],
  ])('with %s is none', async (_, data) => {
    const mars = await start();
    const client = await mars.connect();
    expect((await client.auth('ROUTER', data)).error).toMatchObject({ condition: 'not-authorized' });
  });

  it('from another address is none', async () => {
    const mars = await startMars({}, { routers: [{ ...rule, addresses: ['10.0.0.0/8'] }] });
    const client = await mars.connect();
    expect((await client.auth('ROUTER', `lobby\0${SECRET}`)).error).toMatchObject({ condition: 'not-authorized' });
  });

  it('speaks for its own domains and user names only', async () => {
    const mars = await start();
    const link = await router(mars);
    expect((await enter(link, 'no-hyphens')).error).toMatchObject({ condition: 'forbidden' });
    expect((await enter(link, 'a b')).error).toMatchObject({ condition: 'jid-malformed' });
    const elsewhere = await link.ask(Command.routerLogin, { ...loginBody('p1'), to: 'example.net' } as BodyInit);
    expect(elsewhere.error).toMatchObject({ condition: 'forbidden' });
    expect((await link.ask(Command.presence, { uid: 'p9' })).error).toMatchObject({ condition: 'item-not-found' });
    expect((await link.ask(Command.presence)).error).toMatchObject({ condition: 'item-not-found' });
  });

  it('a login that is refused leaves nobody behind', async () => {
    const mars = await start();
    const link = await router(mars);
    const { error } = await enter(link, 'p1', [], { presence: { show: 99 } });
    expect(error).toMatchObject({ condition: 'bad-request' });
    expect(mars.server.host.sessions.of(Jid.parse('p1@localhost'))).toHaveLength(0);
    expect((await link.ask(Command.presence, { uid: 'p1' })).error).toMatchObject({ condition: 'item-not-found' });
  });

  it('a user who comes again is there once, whatever the resource', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1');
    await enter(link, 'p1', [], { resource: 'other' });
    const resources = mars.server.host.sessions.of(Jid.parse('p1@localhost')).map(({ jid }) => jid.resource);
    expect(resources).toEqual(['other']);
  });

  it('a user who goes leaves no request without an answer', async () => {
    const mars = await start();
    const juliet = await mars.connect();
    await juliet.comeOnline('juliet');
    const link = await router(mars);
    await enter(link, 'p1');
    // Who is not a contact is asked nothing.
    await juliet.ask(Command.presence, { to: 'p1@localhost/game', payload: { case: 'presence', value: {} } });
    const payload: BodyInit['payload'] = { case: 'iq', value: { payload: { ns: 'urn:xmpp:ping', name: 'ping' } } };
    const seq = link.send(Command.iq, { uid: 'p1', id: 'q', to: 'juliet@localhost/game', type: 'get', payload });
    await juliet.stanza('urn:xmpp:ping');
    await link.ask(Command.routerLogout, { uid: 'p1' });
    expect((await link.next((frame) => frame.seq === seq)).body).toMatchObject({
      ...{ uid: 'p1', id: 'q', error: { condition: 'recipient-unavailable' } },
    });
  });

  it('a user who is kicked leaves no request without an answer, also those that wait for their turn', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1');
    let goOn = (): void => {};
    const isUnderWay = new Promise<void>((resolve) => {
      mars.server.host.hooks.add('client:sent', 'guard', async () => {
        resolve();
        await new Promise<void>((done) => {
          goOn = done;
        });
        return true;
      });
    });
    const say = (id: string) => link.send(Command.message, { ...chat('juliet@localhost', id), uid: 'p1' } as BodyInit);
    const [first, ...later] = [say('m1'), say('m2'), link.send(Command.presence, { uid: 'p1', id: 'p' })];
    await isUnderWay;
    await mars.server.commands.run('session.kick', { jid: 'p1@localhost' });
    const answerTo = async (seq: number | undefined) => (await link.next((frame) => frame.seq === seq)).body;
    for (const seq of later) {
      expect(await answerTo(seq)).toMatchObject({ uid: 'p1', error: { condition: 'recipient-unavailable' } });
    }
    goOn();
    expect(await answerTo(first)).toMatchObject({ uid: 'p1', id: 'm1', payload: { case: 'messageResult' } });
  });

  it('the contacts a user brought are its roster, which nobody changes', async () => {
    const mars = await start();
    const juliet = await mars.connect();
    await juliet.comeOnline('juliet');
    const link = await router(mars);
    await enter(link, 'p1', ['juliet@localhost', 'romeo@localhost']);
    const items = ['juliet@localhost', 'romeo@localhost'].map((jid) => ({ jid, subscription: 'both' }));
    const ask = (command: number, more: BodyInit = {}) => link.ask(command, { uid: 'p1', ...more } as BodyInit);
    expect((await ask(Command.roster)).payload).toMatchObject({ case: 'roster', value: { items } });
    expect((await ask(Command.friends)).payload).toMatchObject({
      value: {
        friends: [
          { item: items[0], online: true },
          { item: items[1], online: false },
        ],
      },
    });
    const payload: BodyInit['payload'] = { case: 'roster', value: { items: [{ jid: 'tybalt@localhost' }] } };
    expect((await ask(Command.roster, { type: 'set', payload })).error).toMatchObject({ condition: 'not-allowed' });
  });

  it('has so many users and no more', async () => {
    const mars = await start({ router_users: 1 });
    const link = await router(mars);
    expect((await enter(link, 'p1')).error).toBeUndefined();
    expect((await enter(link, 'p2')).error).toMatchObject({ condition: 'resource-constraint' });
  });

  it('has no more of them either when they come at once', async () => {
    const mars = await start({ router_users: 1 });
    const link = await router(mars);
    const answers = await Promise.all([enter(link, 'p1'), enter(link, 'p2')]);
    expect(answers.map(({ error }) => error?.condition)).toEqual([undefined, 'resource-constraint']);
  });

  it('a disabled account stays out', async () => {
    const mars = await start();
    await mars.server.host.accounts.setDisabled('juliet', true);
    expect((await enter(await router(mars), 'juliet')).error).toMatchObject({ condition: 'forbidden' });
  });

  it('a banned account stays out, until the ban is over', async () => {
    const mars = await start();
    const link = await router(mars);
    await mars.server.host.bans.set('juliet', { until: mars.clock.now() + 1_000, reason: 'cheating' });
    expect((await enter(link, 'juliet')).error).toMatchObject({
      condition: 'forbidden',
      text: expect.stringContaining('cheating'),
    });
    mars.clock.advance(1_000);
    expect((await enter(link, 'juliet')).error).toBeUndefined();
  });

  it('sends batches', async () => {
    const mars = await start();
    const link = await router(mars);
    const romeo = await mars.connect();
    await romeo.comeOnline('romeo');
    await enter(link, 'p1');
    const bodies = ['one', 'two'].map((text) => ({ ...chat('romeo@localhost', text), uid: 'p1' }));
    const value = { bodies: [...bodies, { ...bodies[0], uid: 'p7' }] } as never;
    expect((await link.ask(Command.batch, { payload: { case: 'batch', value } })).error).toBeUndefined();
    expect(await link.push(Command.message)).toMatchObject({
      ...{ uid: 'p7', id: 'one', error: { condition: 'item-not-found' } },
    });
    for (const text of ['one', 'two']) expect(await romeo.stanza(text)).toMatchObject({ from: 'p1@localhost/game' });
  });
});

describe('what users behind a router are sent', () => {
  it('leaves after a time, once for all who get the same, in the order of each', async () => {
    const mars = await start();
    const link = await router(mars);
    const everybody = ['p1', 'p2', 'p3'];
    for (const uid of everybody)
      await enter(
        link,
        uid,
        everybody.map((each) => `${each}@localhost`),
      );
    mars.clock.advance(30);
    await link.settledAs('p1');
    link.take();
    await link.ask(Command.message, { ...chat('p2@localhost', 'before'), uid: 'p1' } as BodyInit);
    await link.ask(Command.presence, { uid: 'p1', payload: { case: 'presence', value: { status: 'news' } } });
    expect(stanzas(link).filter(({ uid }) => uid !== 'p1')).toEqual([]);
    mars.clock.advance(30);
    await link.settledAs('p1');
    const got = stanzas(link);
    expect(got.filter(({ uid }) => uid === 'p2').map(({ text }) => /before|news/.exec(text)?.[0])).toEqual([
      'before',
      'news',
    ]);
    expect(got.filter(({ uid, text }) => uid === 'p3' && text.includes('news'))).toHaveLength(1);
  });

  it('is acknowledged by the link for all of them', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1', ['p2@localhost']);
    await enter(link, 'p2', ['p1@localhost']);
    mars.clock.advance(30);
    const { smSeq, uid } = await link.push(Command.ackRequest);
    expect(uid).toBe('');
    const owed = () =>
      ['p1', 'p2'].map((name) => {
        const [session] = mars.server.host.sessions.of(Jid.parse(`${name}@localhost`));
        return session?.management?.unacknowledged.length;
      });
    expect(owed()).not.toEqual([0, 0]);
    expect((await link.ask(Command.ack, { smAck: smSeq })).error).toBeUndefined();
    expect(owed()).toEqual([0, 0]);
    const { error } = await link.ask(Command.ack, { smAck: smSeq + 1 });
    expect(error).toMatchObject({ condition: 'bad-request' });
  });

  it('ends the link of a router that never says what it has', async () => {
    const mars = await start({ max_unacked_stanzas: 3 });
    const link = await router(mars);
    let isClosed = false;
    const closed = link.closed.then(() => {
      isClosed = true;
    });
    for (let user = 1; user <= 5 && !isClosed; user++) {
      await Promise.race([enter(link, `p${user}`), closed]);
      mars.clock.advance(30);
    }
    await closed;
  });

  it('leaves at once when there is much of it', async () => {
    const mars = await start({ router_flush_bytes: 1_024 });
    const link = await router(mars);
    await enter(link, 'p1');
    mars.clock.advance(30);
    const romeo = await mars.connect();
    await romeo.comeOnline('romeo');
    await romeo.ask(Command.message, chat('p1@localhost', 'x'.repeat(2_000), 'm'));
    expect(await link.stanza('xxx')).toMatchObject({ uid: 'p1' });
  });

  it('that is the same for several is one frame', async () => {
    const mars = await start();
    const link = await router(mars);
    for (const uid of ['p1', 'p2', 'p3']) await enter(link, uid);
    mars.clock.advance(30);
    link.take();
    const stanza = (to: string) => `${to}@localhost/game`;
    const { message, ns } = await import('#core');
    const original = message(
      { from: Jid.parse('news@localhost'), type: 'headline' },
      ns('jabber:client')('body', {}, 'extra'),
    );
    for (const to of ['p1', 'p2', 'p3']) await mars.server.router.route(original.with({ to: Jid.parse(stanza(to)) }));
    mars.clock.advance(30);
    const { payload } = await link.push(Command.multiPush);
    expect(payload).toMatchObject({
      case: 'multiPush',
      value: { uids: ['p1', 'p2', 'p3'], body: { to: '', from: 'news@localhost', uid: '' } },
    });
  });
});

describe('when the link is lost', () => {
  const juliets = Jid.parse('p1@localhost');
  const digest = (value: object) =>
    createHash('sha256')
      .update(toBinary(RouterLoginSchema, { $typeName: 'tharsis.RouterLogin', ...value } as never))
      .digest();

  async function lose(mars: MarsServer, link: MarsClient): Promise<void> {
    const detached = new Promise<void>((resolve) => {
      mars.server.host.hooks.add('session:detached', 'observe', () => resolve());
    });
    link.destroy();
    await detached;
  }

  it('the users go after their time of grace', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1');
    await lose(mars, link);
    mars.clock.advance(8_000);
    expect(mars.server.host.sessions.of(juliets)).toHaveLength(1);
    mars.clock.advance(5_000);
    expect(mars.server.host.sessions.of(juliets)).toHaveLength(0);
  });

  it('a router that comes back keeps those that are the same, with what they missed, and hears of the others', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1');
    await enter(link, 'p2');
    mars.clock.advance(30);
    await lose(mars, link);
    const romeo = await mars.connect();
    await romeo.comeOnline('romeo');
    await romeo.ask(Command.message, chat('p1@localhost', 'missed'));
    const back = await router(mars);
    const same = digest({ resource: 'game', roster: [] });
    const users = [
      { uid: 'p1', digest: same },
      { uid: 'p2', digest: Buffer.alloc(32) },
      { uid: 'p3', digest: same },
    ];
    const { payload } = await back.ask(Command.routerReassert, {
      payload: { case: 'routerReassert', value: { users } },
    });
    expect(payload).toMatchObject({ value: { users: [{ uid: 'p2' }, { uid: 'p3' }] } });
    mars.clock.advance(30);
    await back.settledAs('p1');
    expect(stanzas(back).some(({ uid, text }) => uid === 'p1' && text.includes('missed'))).toBe(true);
    mars.clock.advance(15_000);
    expect(mars.server.host.sessions.of(juliets)).toHaveLength(1);
    expect(mars.server.host.sessions.of(Jid.parse('p2@localhost'))).toHaveLength(0);
  });

  it('a router that logs out takes its users along', async () => {
    const mars = await start();
    const link = await router(mars);
    await enter(link, 'p1');
    expect((await link.ask(Command.logout)).error).toBeUndefined();
    await link.closed;
    expect(mars.server.host.sessions.of(juliets)).toHaveLength(0);
  });
});
