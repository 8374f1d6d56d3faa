/** What happens in a room, beyond what the scenarios of XEP-0045 say */
import { beforeEach, describe, expect, it } from 'vitest';
import disco from '#modules/disco';
import muc from '#modules/muc';
import offline from '#modules/offline';
import presence from '#modules/presence';
import roster from '#modules/roster';
import {
  administer,
  bodiesOf,
  codesOf,
  conditions,
  configure,
  enter,
  open,
  ROOMS,
  say,
} from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

let server: TestHost;
let crone: TestClient;
let hag: TestClient;
let hecate: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, presence, offline, disco, muc], ['crone', 'hag', 'hecate', 'wicca']);
  crone = await server.logIn('crone', 'desktop');
  hag = await server.logIn('hag', 'pda');
  hecate = await server.logIn('hecate', 'broom');
  await open(crone, 'coven', 'first');
  await enter(hag, 'coven', 'third');
  await enter(hecate, 'coven', 'Hecate');
  for (const client of [crone, hag]) client.take();
});

describe('a message to all', () => {
  it('is one content with many addresses', () => {
    say(hag, 'coven', 'Harpier cries');
    const copies = [crone, hag, hecate].flatMap((client) => client.takeStanzas());
    expect(copies.map(({ to }) => String(to))).toEqual([
      'crone@example.com/desktop',
      'hag@example.com/pda',
      'hecate@example.com/broom',
    ]);
    expect(new Set(copies.map(({ children }) => children)).size).toBe(1);
  });

  it('reaches all in the same order', async () => {
    for (let i = 0; i < 20; i++)
      for (const client of [crone, hag, hecate]) say(client, 'coven', `${client.session.jid.local} ${i}`);
    await settled();
    const [first, ...others] = [crone, hag, hecate].map((client) => bodiesOf(client.takeStanzas()));
    expect(first).toHaveLength(60);
    for (const other of others) expect(other).toEqual(first);
  });

  it('says nothing in the name of the room', () => {
    hag.send(`<message type='groupchat' to='coven@${ROOMS}'><body>x</body>
      <stanza-id xmlns='urn:xmpp:sid:0' by='coven@${ROOMS}' id='forged'/>
      <stanza-id xmlns='urn:xmpp:sid:0' by='other@${ROOMS}' id='kept'/>
      <delay xmlns='urn:xmpp:delay' from='coven@${ROOMS}' stamp='2000-01-01T00:00:00Z'/>
      <x xmlns='http://jabber.org/protocol/muc#user'><status code='307'/></x></message>`);
    const text = String(crone.takeStanzas()[0]);
    expect(text).not.toMatch(/forged|2000-01-01|307/);
    expect(text).toContain('kept');
  });
});

describe('a refusal', () => {
  it('has the mark of rooms beside the error, by which clients know it (§7.2)', async () => {
    const wicca = await server.logIn('wicca', 'desktop');
    await enter(wicca, 'cave', 'fourth');
    for (const [room, nick, condition] of [
      ['cave', 'third', 'item-not-found'], // §7.2.10: locked
      ['coven', 'first', 'conflict'], // §7.6
    ] as const) {
      const [error] = await enter(hag, room, nick);
      expect(error?.elements().map(({ name, ns }) => `${name} ${ns}`)).toEqual([
        'x http://jabber.org/protocol/muc',
        'error jabber:client',
      ]);
      expect(conditions(error === undefined ? [] : [error])).toEqual([condition]);
    }
  });

  it('comes at once to who does not say that he knows rooms (§7.2.18)', async () => {
    const wicca = await server.logIn('wicca', 'desktop');
    await enter(wicca, 'cave', 'fourth');
    hag.send(`<presence id='p' to='cave@${ROOMS}/third'/>`);
    await settled();
    const [gone] = hag.takeStanzas();
    expect([gone?.type, gone?.id, codesOf(gone)]).toEqual(['unavailable', 'p', ['110', '307', '333']]);
  });
});

describe('somebody who is not there any more', () => {
  const bounce = (condition: string, kind = 'message') =>
    `<${kind} type='error' to='coven@${ROOMS}/first'><error type='cancel'>
      <${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></${kind}>`;

  it.each([
    'gone',
    'item-not-found',
    'recipient-unavailable',
    'redirect',
    'remote-server-not-found',
    'remote-server-timeout',
  ])('leaves when a stanza comes back with %s', async (condition) => {
    for (const kind of ['message', 'presence']) {
      await enter(hag, 'coven', 'third');
      crone.take();
      hag.send(bounce(condition, kind));
      await settled();
      const [gone] = crone.takeStanzas();
      expect([gone?.type, String(gone?.from), codesOf(gone)]).toEqual(['unavailable', `coven@${ROOMS}/third`, ['333']]);
      expect(codesOf(hag.takeStanzas().at(-1))).toEqual(['110', '333']);
    }
  });

  it('stays where it was refused for another cause', async () => {
    hag.send(bounce('service-unavailable'), bounce('forbidden', 'presence'));
    await settled();
    expect(crone.take()).toEqual([]);
  });

  it('leaves with the end of the session', async () => {
    hag.drop();
    await settled();
    expect(crone.takeStanzas().map(({ type, from }) => `${type} ${from}`)).toEqual([
      `unavailable coven@${ROOMS}/third`,
    ]);
  });
});

it('when the server stops, everybody is told of himself and of nobody else (§11.2)', async () => {
  await server.host.hooks.notify('host:stopping', {});
  await server.router.host(ROOMS)?.hooks.notify('host:stopping', {});
  await server.host.endSessions();
  await settled();
  for (const client of [crone, hag, hecate]) {
    const stanzas = client.takeStanzas();
    expect(stanzas.map(codesOf)).toEqual([['110', '332']]);
    expect(stanzas[0]?.type).toBe('unavailable');
  }
});

describe('presence that is not broadcast', () => {
  it('is shown to nobody else, and hides and shows who is there already', async () => {
    await configure(crone, 'coven', { 'muc#roomconfig_presencebroadcast': 'moderator' });
    const shown = (client: TestClient) =>
      client
        .takeStanzas()
        .flatMap(({ kind, type, from }) => (kind === 'presence' ? [`${type} ${from?.resource}`] : []));
    expect(shown(hag)).toEqual(['unavailable Hecate']);
    expect(shown(hecate)).toEqual(['unavailable third']);
    const wicca = await server.logIn('wicca', 'laptop');
    const entered = await enter(wicca, 'coven', 'second');
    expect(entered.map(({ from }) => from?.resource)).toEqual(['first', 'second', '']);
    expect(shown(hag)).toEqual([]);
    say(wicca, 'coven', 'All hail');
    expect(bodiesOf(hag.takeStanzas())).toEqual(['All hail']);
    wicca.drop();
    await settled();
    expect(shown(hag)).toEqual([]);
    await configure(crone, 'coven', { 'muc#roomconfig_presencebroadcast': '' });
    expect(shown(hag)).toEqual(['unavailable first']);
  });
});

describe('a group', () => {
  const create = (input: object) => server.commands.run('group.create', input);

  it('is a room for its members, who are told at once or when they come', async () => {
    const members = ['hag@example.com', 'wicca@example.com', 'hag@example.com/pda'];
    const made = await create({ name: 'Guild', owner: 'crone@example.com', members, room: 'guild' });
    expect(made).toEqual({ jid: `guild@${ROOMS}`, members: 3 });
    await settled();
    const [notice] = hag.takeStanzas();
    expect(String(notice?.from)).toBe(`guild@${ROOMS}`);
    expect(notice?.child('x', 'http://jabber.org/protocol/muc#user')?.child('invite')?.attrs.from).toBe(
      'crone@example.com',
    );
    expect(notice?.child('x', 'jabber:x:conference')?.attrs).toEqual({ jid: `guild@${ROOMS}`, reason: 'Guild' });
    const wicca = server.connect('wicca', 'laptop');
    wicca.send('<presence/>');
    await settled();
    const waited = wicca.takeStanzas().filter(({ kind }) => kind === 'message');
    expect(waited.map(({ from }) => String(from))).toEqual([`guild@${ROOMS}`]);
    expect(conditions(await enter(wicca, 'guild', 'second'))).toEqual([]);
    expect(conditions(await enter(hecate, 'guild', 'Hecate'))).toEqual(['registration-required']);
    await enter(crone, 'guild', 'first');
    expect(await configure(crone, 'guild', { 'muc#roomconfig_roomdesc': 'ours' })).toBe('result');
  });

  it('is made by a user with one request, who owns it', async () => {
    const make = async (client: TestClient, inside: string, name = 'Guild') => {
      client.send(
        `<iq type='set' id='g' to='${ROOMS}'><group xmlns='urn:x-tharsis:groups' name='${name}'>${inside}</group></iq>`,
      );
      await settled();
      return client.takeStanzas().find(({ id }) => id === 'g');
    };
    const made = await make(crone, "<member jid='hag@example.com'/>");
    const room = made?.elements()[0]?.attrs.jid?.split('@')[0] ?? '';
    expect(hag.takeStanzas().map(({ from }) => from?.local)).toEqual([room]);
    expect(conditions(await enter(hag, room, 'third'))).toEqual([]);
    await enter(crone, room, 'first');
    expect(await configure(crone, room, { 'muc#roomconfig_roomdesc': 'ours' })).toBe('result');
    expect(conditions([(await make(crone, '', '')) as never])).toEqual(['bad-request']);
    expect(conditions([(await make(crone, "<member jid='@'/>")) as never])).toEqual(['jid-malformed']);
  });

  it('is made once for who asks again by the same key', async () => {
    const ask = (id: string, key: string, member = 'hag@example.com') =>
      crone.send(
        `<iq type='set' id='${id}' to='${ROOMS}'><group xmlns='urn:x-tharsis:groups' name='Guild' key='${key}'><member jid='${member}'/></group></iq>`,
      );
    const answers = async () => {
      await settled();
      const results = crone.takeStanzas().filter(({ kind }) => kind === 'iq');
      return results.map((result) => result.elements()[0]?.attrs.jid);
    };
    ask('1', 'k');
    ask('2', 'k');
    const [one = '', two, ...none] = await answers();
    expect([one, none]).toEqual([expect.stringContaining(`@${ROOMS}`), []]);
    expect(two).toBe(one);
    expect(hag.takeStanzas()).toHaveLength(1);
    ask('3', 'k');
    ask('4', 'another');
    ask('5', 'k', 'third@example.com');
    const rooms = await answers();
    expect(rooms[0]).toBe(one);
    expect(new Set(rooms)).toHaveLength(3);
  });

  it('is left for good by its members', async () => {
    await create({ name: 'Guild', owner: 'crone@example.com', members: ['hag@example.com'], room: 'guild' });
    await enter(hag, 'guild', 'third');
    hag.send(`<iq type='set' id='r' to='guild@${ROOMS}'><query xmlns='jabber:iq:register'><remove/></query></iq>`);
    await settled();
    expect(hag.takeStanzas().map((stanza) => `${stanza.kind} ${stanza.type} ${codesOf(stanza)}`)).toEqual([
      'presence unavailable 110,321',
      'iq result ',
    ]);
    expect(conditions(await enter(hag, 'guild', 'third'))).toEqual(['registration-required']);
  });

  it('has a name of its own, and members with addresses', async () => {
    const input = { name: 'Guild', owner: 'crone@example.com' };
    const [one, other] = [await create(input), await create(input)] as { jid: string }[];
    expect(one?.jid).not.toBe(other?.jid);
    await expect(create({ ...input, room: 'coven' })).rejects.toMatchObject({ condition: 'conflict' });
    await expect(create({ ...input, members: ['@'] })).rejects.toMatchObject({ condition: 'jid-malformed' });
  });
});

describe('registration with a room that only members enter', () => {
  const form = (fields: string) => `<x xmlns='jabber:x:data' type='submit'>
    <field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#register</value></field>${fields}</x>`;
  const register = async (client: TestClient) => {
    client.send(
      `<iq type='set' id='r' to='coven@${ROOMS}'><query xmlns='jabber:iq:register'>${form(
        "<field var='muc#register_roomnick'><value>Hecate</value></field>",
      )}</query></iq>`,
    );
    await settled();
    return client.takeStanzas();
  };

  it('is for an admin to approve, who is asked once a minute', async () => {
    await configure(crone, 'coven', { 'muc#roomconfig_membersonly': '1' });
    for (const client of [crone, hag, hecate]) client.take();
    expect((await register(hecate)).map(({ type }) => type)).toEqual(['result']);
    const [asked] = crone.takeStanzas();
    expect(String(asked)).toContain('hecate@example.com');
    expect(conditions(await register(hecate))).toEqual(['policy-violation']);
    const answer = (from: TestClient, allow: string) =>
      from.send(
        `<message to='coven@${ROOMS}'>${form(`
        <field var='muc#register_roomnick'><value>Hecate</value></field>
        <field var='x-muc#register_jid'><value>hecate@example.com</value></field>
        <field var='muc#register_allow'><value>${allow}</value></field>`)}</message>`,
      );
    answer(hecate, '1');
    await settled();
    expect(conditions(hecate.takeStanzas())).toEqual(['forbidden']);
    answer(crone, '0');
    await settled();
    expect(conditions(await enter(hecate, 'coven', 'Hecate'))).toEqual(['registration-required']);
    answer(crone, '1');
    await settled();
    hecate.take();
    expect(conditions(await enter(hecate, 'coven', 'Hecate'))).toEqual([]);
  });
});

describe('when an account is deleted', () => {
  const affiliated = async (client: TestClient, room: string, affiliation: string) => {
    const query = `<query xmlns='http://jabber.org/protocol/muc#admin'><item affiliation='${affiliation}'/></query>`;
    client.send(`<iq type='get' id='l' to='${room}@${ROOMS}'>${query}</iq>`);
    await settled();
    const answer = client.takeStanzas().find(({ id }) => id === 'l');
    if (answer?.type === 'error') return conditions([answer]);
    return answer
      ?.elements()[0]
      ?.elements('item')
      .map(({ attrs }) => attrs.jid);
  };
  const PERSISTENT = { 'muc#roomconfig_persistentroom': '1' };

  it('its rooms have another owner', async () => {
    await open(crone, 'heath', 'first', PERSISTENT);
    await administer(crone, 'heath', "<item affiliation='member' jid='hag@example.com'/>");
    await administer(crone, 'heath', "<item affiliation='admin' jid='hecate@example.com'/>");
    await server.host.deleteAccount('crone');
    expect(await affiliated(hecate, 'heath', 'owner')).toEqual(['hecate@example.com']);
    expect(await affiliated(hecate, 'heath', 'member')).toEqual(['hag@example.com']);
  });

  it('who gets its name later is nobody in its rooms', async () => {
    await open(crone, 'heath', 'first', PERSISTENT);
    await administer(crone, 'heath', "<item affiliation='admin' jid='hag@example.com'/>");
    await server.host.deleteAccount('hag');
    await server.host.createAccount('hag', 'other');
    expect(await affiliated(await server.logIn('hag', 'pda'), 'heath', 'outcast')).toEqual(['forbidden']);
    expect(await affiliated(crone, 'heath', 'admin')).toEqual([]);
  });

  it('a room that nobody has to do with ends', async () => {
    await open(crone, 'heath', 'first', PERSISTENT);
    await enter(hag, 'heath', 'third');
    await server.host.deleteAccount('crone');
    await settled();
    expect(String(hag.takeStanzas().at(-1))).toContain('<destroy>');
    expect(codesOf((await enter(hag, 'heath', 'third'))[0])).toContain('201');
  });
});
