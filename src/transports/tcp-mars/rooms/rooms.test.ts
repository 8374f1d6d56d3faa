import { describe, expect, it } from 'vitest';
import { Jid, ns, presence } from '#core';
import { type Body, type BodyInit, Command, type RoomResult } from '#protocol/mars';
import { chat, type MarsClient, resumeBody, textOf } from '../../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../../test/support/mars-server.ts';

const COVEN = 'coven@conference.localhost';
const NS_MUC = 'http://jabber.org/protocol/muc';
const asItIs = { ns: 'jabber:x:data', name: 'x', xml: "<x xmlns='jabber:x:data' type='submit'/>" };

async function online(mars: MarsServer, name: string): Promise<MarsClient> {
  const client = await mars.connect();
  await client.comeOnline(name);
  client.take();
  return client;
}

type Action = Extract<NonNullable<BodyInit['payload']>, { readonly case: 'room' }>['value']['action'];

const room = (action: Action, more: object = {}): BodyInit => ({
  payload: { case: 'room', value: { room: COVEN, action } },
  ...more,
});

async function done(client: MarsClient, action: Action, more: object = {}): Promise<RoomResult> {
  const { payload, error } = await client.ask(Command.room, room(action, more));
  if (payload.case !== 'roomResult') throw new Error(`refused: ${error?.condition} ${error?.text}`);
  return payload.value;
}

async function refused(client: MarsClient, action: Action, more: object = {}): Promise<string | undefined> {
  return (await client.ask(Command.room, room(action, more))).error?.condition;
}

const join = (nick: string, more: object = {}): Action => ({ case: 'join', value: { nick, ...more } });

/** Juliet's room, with these fields. */
async function open(juliet: MarsClient, fields: Record<string, string> = {}): Promise<void> {
  await done(juliet, join('Juliet'));
  const given = Object.entries({ FORM_TYPE: `${NS_MUC}#roomconfig`, ...fields });
  const xml = given.map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`).join('');
  await done(juliet, {
    case: 'config',
    value: { ...asItIs, xml: `<x xmlns='jabber:x:data' type='submit'>${xml}</x>` },
  });
  await juliet.settled();
  juliet.take();
}

const say = (text: string, id = text): BodyInit => ({ ...chat(COVEN, text, id), type: 'groupchat' });

describe('1020 join', () => {
  it('is answered with what one is there, and with who was there before', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    expect(await done(juliet, join('Juliet'))).toMatchObject({
      room: COVEN,
      self: { nick: 'Juliet', affiliation: 'owner', role: 'moderator', jid: 'juliet@localhost/game' },
      statusCodes: [110, 201],
      occupants: [],
    });
    await done(juliet, { case: 'config', value: asItIs });
    await juliet.ask(Command.presence, {
      to: `${COVEN}/Juliet`,
      payload: { case: 'presence', value: { status: 'hm' } },
    });
    await juliet.settled();
    juliet.take();
    expect(await done(romeo, join(''))).toMatchObject({
      self: { nick: 'romeo', affiliation: 'none', role: 'participant' },
      statusCodes: [110],
      occupants: [{ nick: 'Juliet', affiliation: 'owner', role: 'moderator', jid: '', status: 'hm' }],
      moreAfter: '',
    });
    // Then the history and the subject, and to the others that somebody came.
    expect(await romeo.push()).toMatchObject({
      type: 'groupchat',
      payload: { case: 'message', value: { subject: '' } },
    });
    expect(await juliet.push()).toMatchObject({ from: `${COVEN}/romeo`, payload: { case: 'presence' } });
    for (const client of [juliet, romeo]) {
      await client.settled();
      expect(client.take()).toEqual([]);
    }
  });

  it.each([
    ['with a nickname that is taken', {}, join('Juliet'), 'conflict'],
    ['with a nickname that is none', {}, join(' '), 'jid-malformed'],
    [
      'without the password',
      { 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': 'x' },
      join('R'),
      'not-authorized',
    ],
    ['by nobody of the members', { 'muc#roomconfig_membersonly': '1' }, join('R'), 'registration-required'],
  ] as const)('%s is refused by the room', async (_, fields, action, condition) => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet, fields);
    expect(await refused(romeo, action)).toBe(condition);
    await romeo.settled();
    expect(romeo.take()).toEqual([]);
  });

  it('brings as much of the past as is asked for', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet, { 'muc#roomconfig_passwordprotectedroom': '1', 'muc#roomconfig_roomsecret': 'x' });
    for (const text of ['one', 'two']) await juliet.ask(Command.message, say(text));
    await done(romeo, join('Romeo', { password: 'x', historyMax: 1 }));
    expect(await romeo.push()).toMatchObject({ id: 'two' });
    expect(await romeo.push()).toMatchObject({ payload: { value: { subject: '' } } });
    mars.clock.advance(60_000);
    await juliet.ask(Command.message, say('three'));
    const since = BigInt(mars.clock.now() - 1_000);
    await romeo.settled();
    romeo.take();
    await done(romeo, join('Romeo', { password: 'x', historySince: since }));
    expect(await romeo.push()).toMatchObject({ id: 'three' });
    const nanoseconds = since * 1_000_000n;
    expect(await refused(romeo, join('Romeo', { password: 'x', historySince: nanoseconds }))).toBe('bad-request');
  });

  it('has a hundred occupants, and the others by pages', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    mars.server.router.remote = { send: () => {} } as never;
    for (let i = 1; i < 230; i++) {
      const [from, to] = [Jid.parse(`u${i}@example.net/x`), Jid.parse(`${COVEN}/n${i}`)];
      await mars.server.router.route(presence({ from, to }, ns(NS_MUC)('x')));
    }
    const first = await done(romeo, join('Romeo'));
    expect([first.occupants.length, first.occupants[0]?.nick, first.moreAfter]).toEqual([100, 'Juliet', 'n99']);
    const second = await done(romeo, { case: 'occupantsAfter', value: 'n99' });
    expect([second.occupants.length, second.occupants[0]?.nick, second.moreAfter]).toEqual([100, 'n100', 'n199']);
    const third = await done(romeo, { case: 'occupantsAfter', value: second.moreAfter });
    expect([third.occupants.length, third.occupants.at(-1)?.nick, third.moreAfter]).toEqual([31, 'Romeo', '']);
    expect(third.occupants.at(-1)).toMatchObject({ affiliation: 'none', role: 'participant' });
    expect(await refused(romeo, { case: 'occupantsAfter', value: 'nobody' })).toBe('item-not-found');
    expect((await done(romeo, { case: 'occupantsAfter', value: '' })).occupants[0]?.nick).toBe('Juliet');
    await romeo.settled();
    expect(romeo.take().filter(({ body }) => body.payload.case === 'presence')).toEqual([]);
  });

  it('ends a page where it would be long', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    const status = 's'.repeat(40_000);
    for (const name of ['a', 'b', 'c']) {
      const client = await mars.connect();
      await client.logIn('tybalt', 'secret', { resource: name });
      await client.ask(Command.presence, {
        to: `${COVEN}/${name}`,
        ext: [{ ns: NS_MUC, name: 'x' }],
        payload: { case: 'presence', value: { status } },
      });
    }
    const first = await done(romeo, join('Romeo'));
    expect([first.occupants.map(({ nick }) => nick), first.moreAfter]).toEqual([['Juliet', 'a'], 'a']);
    const second = await done(romeo, { case: 'occupantsAfter', value: 'a' });
    expect([second.occupants.map(({ nick }) => nick), second.moreAfter]).toEqual([['b'], 'b']);
    expect((await done(romeo, { case: 'occupantsAfter', value: 'b' })).occupants.map(({ nick }) => nick)).toEqual([
      'c',
      'Romeo',
    ]);
  });

  it('who waits too long is told so', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    mars.server.router.remote = { send: () => {} } as never;
    const seq = juliet.send(Command.room, {
      payload: { case: 'room', value: { room: 'garden@rooms.example.net', action: join('Juliet') } },
    });
    await juliet.settled();
    mars.clock.advance(7_000);
    const { body } = await juliet.next((frame) => frame.seq === seq);
    expect(body.error).toMatchObject({ condition: 'remote-server-timeout' });
  });
});

describe('1020', () => {
  it('leave and switch_to: one goes, and comes where one is let in', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    await done(romeo, join('Romeo'));
    const garden = 'garden@conference.localhost';
    const to = (name: string): Action => ({ case: 'switchTo', value: { room: garden, join: { nick: name } } });
    expect(await done(romeo, to('Romeo'))).toMatchObject({ room: garden, self: { role: 'moderator' } });
    expect(await juliet.stanza('"unavailable"')).toMatchObject({ from: `${COVEN}/Romeo` });
    // The garden is locked, so she stays.
    expect(await refused(juliet, to('Juliet'))).toBe('item-not-found');
    expect((await juliet.ask(Command.message, say('still here'))).error).toBeUndefined();

    expect(await done(juliet, { case: 'leave', value: { status: 'good night' } })).toMatchObject({
      statusCodes: [110],
    });
    expect((await juliet.ask(Command.message, say('again'))).error).toMatchObject({ condition: 'item-not-found' });
    // As if the answer had been lost.
    expect(await done(juliet, { case: 'leave', value: {} })).toMatchObject({ room: COVEN });
    await juliet.settled();
    expect(textOf({ frames: juliet.take() } as never)).not.toContain('"unavailable"');
  });

  it('join and leave at once are both answered', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    await open(juliet);
    const [first, second] = [
      juliet.send(Command.room, room(join('Juliet'))),
      juliet.send(Command.room, room({ case: 'leave', value: {} })),
    ];
    for (const seq of [first, second]) {
      expect((await juliet.next((frame) => frame.seq === seq)).body.error).toBeUndefined();
    }
  });

  it('invite, subject, role and affiliation are what an XMPP client would do', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet, { 'muc#roomconfig_persistentroom': '1', 'muc#roomconfig_membersonly': '1' });
    await done(juliet, { case: 'invite', value: { jid: 'romeo@localhost', reason: 'come' } });
    expect(textOf(await romeo.push())).toContain('come');
    await done(romeo, join('Romeo'));
    await romeo.stanza('subject');

    const { stanzaId } = await juliet.ask(Command.room, room({ case: 'subject', value: 'The moon' }, { id: 's1' }));
    expect(stanzaId).toMatchObject({ by: COVEN });
    expect(await romeo.push()).toMatchObject({ id: 's1', payload: { value: { subject: 'The moon' } }, stanzaId });
    expect(await refused(romeo, { case: 'subject', value: 'The sun' })).toBe('forbidden');

    await done(juliet, { case: 'role', value: { nick: 'Romeo', role: 'moderator', reason: 'trust' } });
    expect(textOf(await romeo.push())).toContain('moderator');
    expect(await refused(romeo, { case: 'affiliation', value: { jid: 'juliet@localhost', affiliation: 'none' } })).toBe(
      'forbidden',
    );
    await done(juliet, {
      case: 'affiliation',
      value: { jid: 'romeo@localhost', affiliation: 'outcast', reason: 'no' },
    });
    expect(textOf(await romeo.stanza('"unavailable"'))).toContain('301');
    await juliet.settled();
    expect(juliet.take().filter(({ body }) => body.payload.case === 'message')).toEqual([]);
  });

  it('config gives the form, takes it filled in, and ends the room', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    await open(juliet);
    const { config } = await done(juliet, { case: 'config', value: {} });
    expect(config).toMatchObject({ ns: 'jabber:x:data', name: 'x' });
    expect(config?.xml).toContain('muc#roomconfig_roomname');
    const end = { ns: `${NS_MUC}#owner`, name: 'destroy' };
    await done(juliet, { case: 'config', value: end });
    expect(textOf(await juliet.push())).toContain('destroy');
    expect(await refused(juliet, { case: 'config', value: {} })).toBe('item-not-found');
  });

  it.each([
    ['nothing to do', { room: COVEN }, 'bad-request'],
    ['the address of an occupant', { room: `${COVEN}/x`, action: join('x') }, 'jid-malformed'],
    ['no address', { room: '', action: join('x') }, 'jid-malformed'],
  ] as const)('with %s is refused', async (_, value, condition) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { error } = await juliet.ask(Command.room, { payload: { case: 'room', value } } as BodyInit);
    expect(error).toMatchObject({ condition });
  });

  it('without a payload, or another one, is refused', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    for (const cmdid of [Command.room, Command.createGroup, Command.groupMembership]) {
      expect((await juliet.ask(cmdid)).error).toMatchObject({ condition: 'bad-request' });
    }
  });
});

describe('1010 to a room', () => {
  it('is answered with its id in the archive of the room, instead of a copy', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    await done(romeo, join('Romeo'));
    await romeo.stanza('subject');
    const answer = await romeo.ask(Command.message, say('what light?', 'm1'));
    expect(answer).toMatchObject({
      ...{ id: 'm1', from: `${COVEN}/Romeo`, stanzaId: { by: COVEN } },
      payload: { case: 'messageResult', value: { duplicate: false } },
    });
    expect(Number(answer.stamp)).toBe(mars.clock.now());
    expect(await juliet.stanza('what light?')).toMatchObject({ id: 'm1', stanzaId: answer.stanzaId });
    await romeo.settled();
    expect(romeo.take()).toEqual([]);
    // Without an id of his own too, and when he has become somebody else.
    await romeo.ask(Command.presence, { to: `${COVEN}/Montague` });
    expect(await romeo.ask(Command.message, say('it is the east', ''))).toMatchObject({ from: `${COVEN}/Montague` });
    expect(textOf({ frames: romeo.take() } as never)).not.toContain('it is the east');
  });

  it('that another session of the user has sent is a push', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    await open(juliet);
    const phone = await mars.connect();
    await phone.logIn('juliet', 'secret', { resource: 'phone' });
    expect(await done(phone, join('Juliet'))).toMatchObject({ self: { nick: 'Juliet' } });
    await phone.settled();
    phone.take();
    await juliet.ask(Command.message, say('hello', 'm1'));
    expect(await phone.push()).toMatchObject({ id: 'm1', from: `${COVEN}/Juliet` });
  });

  it('from outside is refused', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    expect((await romeo.ask(Command.message, say('hello'))).error).toMatchObject({ condition: 'not-acceptable' });
  });

  it('that is sent again after a lost connection is not said twice', async () => {
    const mars = await startMars();
    const juliet = await mars.connect();
    const login = await juliet.comeOnline('juliet', { wantSession: true });
    await open(juliet);
    const { stanzaId } = await juliet.ask(Command.message, say('once', 'm1'));
    juliet.destroy();
    await juliet.closed;
    const again = await mars.connect();
    await again.ask(Command.resume, resumeBody(login));
    expect(await again.ask(Command.message, say('once', 'm1'))).toMatchObject({
      stanzaId,
      payload: { case: 'messageResult', value: { duplicate: true } },
    });
    const { payload } = await again.ask(Command.message, say('twice', 'm2'));
    expect(payload).toMatchObject({ case: 'messageResult', value: { duplicate: false } });
    again.take();
  });
});

describe('1016 of a room', () => {
  it('is its archive by numbers, page by page', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    for (const text of ['one', 'two', 'three']) await juliet.ask(Command.message, say(text));
    const ask = async (after: bigint, limit = 0): Promise<Body> =>
      juliet.ask(Command.history, { to: COVEN, payload: { case: 'history', value: { after, limit } } });
    const page = ({ payload }: Body) => {
      if (payload.case !== 'historyPage') throw new Error('no page');
      const { items, last, newest, complete } = payload.value;
      return { texts: items.map((item) => textOf(item).match(/"body":"(\w+)"/)?.[1]), last, newest, complete };
    };
    const first = page(await ask(0n, 2));
    expect(first).toMatchObject({ texts: ['one', 'two'], newest: 3n, complete: false });
    expect(page(await ask(first.last))).toEqual({ texts: ['three'], last: 3n, newest: 3n, complete: true });
    expect(page(await ask(3n))).toEqual({ texts: [], last: 0n, newest: 3n, complete: true });
    const { error } = await romeo.ask(Command.history, { to: COVEN, payload: { case: 'history', value: {} } });
    expect(error).toMatchObject({ condition: 'forbidden' });
  });
});

describe('groups', () => {
  const group = (members: string[], id = 'g1'): BodyInit => ({
    id,
    payload: { case: 'group', value: { name: 'Blue Dragons', members } },
  });
  const membership = (room: string, join: boolean, nick = ''): BodyInit => ({
    payload: { case: 'groupMembership', value: { room, join, nick } },
  });
  const roomIn = ({ payload }: Body): string => (payload.case === 'group' ? payload.value.room : '');

  it('1066 makes one; members are told at once or at their next login, and enter', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const made = await juliet.ask(Command.createGroup, group(['romeo@localhost', 'tybalt@localhost']));
    const jid = roomIn(made);
    expect(made.payload).toMatchObject({ case: 'group', value: { name: 'Blue Dragons', members: [] } });
    expect(jid).toMatch(/@conference\.localhost$/);
    expect(await romeo.push()).toMatchObject({ from: jid });
    const tybalt = await mars.connect();
    await tybalt.comeOnline('tybalt');
    expect(await tybalt.stanza(jid)).toMatchObject({ from: jid });
    const entered = await romeo.ask(Command.room, {
      payload: { case: 'room', value: { room: jid, action: join('') } },
    });
    expect(entered.payload).toMatchObject({ value: { self: { affiliation: 'member' } } });
  });

  it('1066 that is sent again makes one, in the same session and in another', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const first = roomIn(await juliet.ask(Command.createGroup, group([])));
    expect(roomIn(await juliet.ask(Command.createGroup, group([])))).toBe(first);
    expect(roomIn(await juliet.ask(Command.createGroup, group([], 'g2')))).not.toBe(first);
    juliet.destroy();
    const again = await online(mars, 'juliet');
    expect(roomIn(await again.ask(Command.createGroup, group([])))).toBe(first);
    const romeo = await online(mars, 'romeo');
    expect(roomIn(await romeo.ask(Command.createGroup, group([])))).not.toBe(first);
  });

  it('1066 whose connection is lost before the answer makes one', async () => {
    const mars = await startMars();
    const juliet = await mars.connect();
    const login = await juliet.comeOnline('juliet', { wantSession: true });
    const { hooks } = mars.server.host;
    let goOn = (): void => {};
    const isUnderWay = new Promise<void>((resolve) => {
      const undo = hooks.add('client:sent', 'guard', async ({ stanza }) => {
        if (!stanza?.elements().some(({ name }) => name === 'group')) return true;
        undo();
        await new Promise<void>((done) => {
          goOn = done;
          resolve();
        });
        return true;
      });
    });
    const isDetached = new Promise<void>((resolve) => {
      hooks.add('session:detached', 'observe', () => resolve());
    });
    juliet.send(Command.createGroup, group([]));
    await isUnderWay;
    juliet.destroy();
    await isDetached;
    const back = await mars.connect();
    const resumed = back.ask(Command.resume, resumeBody(login));
    goOn();
    await resumed;
    const pushed = textOf(await back.stanza('urn:x-tharsis:groups'));
    expect(pushed).toContain(roomIn(await back.ask(Command.createGroup, group([]))));
  });

  it.each([
    ['without a name', { name: '', members: [] }, 'bad-request'],
    ['of somebody whose address is none', { name: 'x', members: ['a@b@c'] }, 'jid-malformed'],
  ])('1066 %s is refused', async (_, value, condition) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { error } = await juliet.ask(Command.createGroup, { payload: { case: 'group', value } });
    expect(error).toMatchObject({ condition });
  });

  it('1066 where there are no rooms is refused', async () => {
    const mars = await startMars({
      auth: { plain_without_tls: true },
      hosts: { localhost: { modules: { roster: {}, presence: {} } } },
    });
    const juliet = await online(mars, 'juliet');
    expect((await juliet.ask(Command.createGroup, group([]))).error).toMatchObject({
      condition: 'feature-not-implemented',
    });
  });

  it('1067 leaves for good, and asks the admins to be let in', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const jid = roomIn(await juliet.ask(Command.createGroup, group(['romeo@localhost'])));
    await juliet.stanza(jid);
    expect((await juliet.ask(Command.groupMembership, membership(jid, false))).error).toMatchObject({
      condition: 'not-allowed',
    });
    expect((await romeo.ask(Command.groupMembership, membership(jid, false))).error).toBeUndefined();
    expect((await romeo.ask(Command.groupMembership, membership(jid, false))).error).toMatchObject({
      condition: 'registration-required',
    });
    expect((await romeo.ask(Command.groupMembership, membership(jid, true))).error).toBeUndefined();
    expect(textOf(await juliet.stanza('muc#register_allow'))).toContain('romeo@localhost');
  });

  it('1067 makes a member where everybody may be one, under a nickname of his own', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    await open(juliet);
    expect((await romeo.ask(Command.groupMembership, membership(COVEN, true, 'Romeo'))).error).toBeUndefined();
    expect(await refused(juliet, join('Romeo'))).toBe('conflict');
    expect(await done(romeo, join('Romeo'))).toMatchObject({ self: { affiliation: 'member' } });
    expect((await romeo.ask(Command.groupMembership, membership('nowhere', true))).error).toMatchObject({
      condition: 'jid-malformed',
    });
  });
});
