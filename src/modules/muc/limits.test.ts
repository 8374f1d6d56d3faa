/** What a room takes, and what it refuses */
import { describe, expect, it } from 'vitest';
import disco from '#modules/disco';
import muc from '#modules/muc';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { administer, bodiesOf, conditions, configure, enter, open, ROOMS, say } from '../../../test/support/rooms.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const USERS = ['crone', 'hag', 'hecate', 'wicca'];

async function start(config: object = {}): Promise<{ server: TestHost; crone: TestClient; hag: TestClient }> {
  const server = await TestHost.start([roster, presence, disco, [muc, config]], USERS);
  return { server, crone: await server.logIn('crone', 'desktop'), hag: await server.logIn('hag', 'pda') };
}

async function received(client: TestClient, xml: string) {
  client.send(xml);
  await settled();
  return client.takeStanzas();
}

describe('who may make rooms', () => {
  it.each([
    ['users', {}, []],
    ['nobody', { create: 'nobody' }, ['not-allowed']],
    ['nobody but one', { create: 'nobody', creators: ['crone@example.com'] }, []],
    ['nobody but those of a domain', { create: 'nobody', creators: ['example.com'] }, []],
    ['nobody but another', { create: 'nobody', creators: ['hag@example.com', 'example.org'] }, ['not-allowed']],
  ])('%s', async (_who, config, refused) => {
    const { crone } = await start(config);
    expect(conditions(await enter(crone, 'coven', 'first'))).toEqual(refused);
  });

  it('is limited by how many one owns already, stored or not', async () => {
    const { crone } = await start({ max_rooms_per_user: 2 });
    await open(crone, 'coven', 'first');
    await open(crone, 'heath', 'first', { 'muc#roomconfig_persistentroom': '1' });
    expect(conditions(await enter(crone, 'cave', 'first'))).toEqual(['resource-constraint']);
    crone.send(`<presence type='unavailable' to='coven@${ROOMS}/first'/>`);
    await settled();
    crone.take();
    expect(conditions(await enter(crone, 'cave', 'first'))).toEqual([]);
  });
});

it('takes nicknames up to a length, in characters', async () => {
  const { crone } = await start({ max_nick: 4 });
  expect(conditions(await enter(crone, 'coven', '🧙🧙🧙🧙🧙'))).toEqual(['policy-violation']);
  await open(crone, 'coven', '🧙🧙🧙🧙');
  expect(conditions(await received(crone, `<presence to='coven@${ROOMS}/12345'/>`))).toEqual(['policy-violation']);
});

it('takes as many occupants as the service lets it, and some admins more', async () => {
  const { server, crone, hag } = await start({ max_occupants: 1, max_extra_occupants: 1 });
  await open(crone, 'coven', 'first');
  expect(conditions(await enter(hag, 'coven', 'third'))).toEqual(['service-unavailable']);
  for (const name of ['hecate', 'wicca'])
    await administer(crone, 'coven', `<item affiliation='admin' jid='${name}@example.com'/>`);
  expect(conditions(await enter(await server.logIn('hecate', 'broom'), 'coven', 'Hecate'))).toEqual([]);
  expect(conditions(await enter(await server.logIn('wicca', 'laptop'), 'coven', 'second'))).toEqual([
    'service-unavailable',
  ]);
  expect(await configure(crone, 'coven', { 'muc#roomconfig_maxusers': '2' })).toBe('error');
});

it('takes so many clients of one occupant', async () => {
  const { server, crone } = await start({ max_visits: 2 });
  await open(crone, 'coven', 'first');
  expect(conditions(await enter(await server.logIn('crone', 'a'), 'coven', 'first'))).toEqual([]);
  expect(conditions(await enter(await server.logIn('crone', 'b'), 'coven', 'first'))).toEqual(['resource-constraint']);
});

it('takes a subject up to a length', async () => {
  const { crone } = await start({ max_subject: 5 });
  await open(crone, 'coven', 'first');
  const set = (subject: string) =>
    received(crone, `<message type='groupchat' to='coven@${ROOMS}'><subject>${subject}</subject></message>`);
  expect(conditions(await set('12345'))).toEqual([]);
  expect(conditions(await set('123456'))).toEqual(['policy-violation']);
});

it('takes so many messages per second, and twice as many at once', async () => {
  const { server, crone } = await start({ messages_per_second: 2 });
  await open(crone, 'coven', 'first');
  say(crone, 'coven', '1', '2', '3', '4', '5');
  const first = crone.takeStanzas();
  expect(bodiesOf(first)).toEqual(['1', '2', '3', '4']);
  expect(conditions(first)).toEqual(['policy-violation']);
  server.clock.advance(500);
  say(crone, 'coven', '6', '7');
  const then = crone.takeStanzas();
  expect(bodiesOf(then)).toEqual(['6']);
  expect(conditions(then)).toEqual(['policy-violation']);
});

it('takes so many affiliations, and changes of those it has', async () => {
  const { crone } = await start({ max_affiliations: 3 });
  await open(crone, 'coven', 'first');
  const member = (...names: string[]) =>
    administer(crone, 'coven', ...names.map((name) => `<item affiliation='member' jid='${name}@example.com'/>`));
  expect((await member('hag', 'hecate'))?.attrs.type).toBe('result');
  expect(conditions([(await member('wicca')) as never])).toEqual(['resource-constraint']);
  expect((await administer(crone, 'coven', "<item affiliation='outcast' jid='hag@example.com'/>"))?.attrs.type).toBe(
    'result',
  );
});

it('takes so many invitations in one message', async () => {
  const { crone } = await start({ max_invitations: 1 });
  await open(crone, 'coven', 'first');
  const invite = (...names: string[]) => {
    const invites = names.map((name) => `<invite to='${name}@example.com'/>`).join('');
    return received(
      crone,
      `<message to='coven@${ROOMS}'><x xmlns='http://jabber.org/protocol/muc#user'>${invites}</x></message>`,
    );
  };
  expect(conditions(await invite('hecate', 'wicca'))).toEqual(['policy-violation']);
  expect(conditions(await invite('hag'))).toEqual([]);
});

it('keeps so many messages for newcomers, whatever they ask for', async () => {
  const { crone, hag } = await start({ max_history: 50 });
  await open(crone, 'coven', 'first', { 'muc#maxhistoryfetch': '2' });
  say(crone, 'coven', '1', '2', '3');
  expect(bodiesOf(await enter(hag, 'coven', 'third', "<history maxstanzas='100'/>"))).toEqual(['2', '3']);
  expect(await configure(crone, 'coven', { 'muc#maxhistoryfetch': '51' })).toBe('error');
});

it('takes changes of presence, private messages and invitations at the pace of messages', async () => {
  const { crone } = await start({ messages_per_second: 1 });
  await open(crone, 'coven', 'first');
  const each = [
    `<presence to='coven@${ROOMS}/first'><show>away</show></presence>`,
    `<presence to='coven@${ROOMS}/other'/>`,
    `<message type='chat' to='coven@${ROOMS}/first'><body>to me</body></message>`,
    `<message to='coven@${ROOMS}'><x xmlns='http://jabber.org/protocol/muc#user'><invite to='hag@example.com'/></x></message>`,
  ];
  say(crone, 'coven', '1', '2');
  crone.take();
  for (const stanza of each) expect(conditions(await received(crone, stanza))).toEqual(['policy-violation']);
});

it('lets nobody make groups who may not make rooms', async () => {
  const ask = (client: TestClient) =>
    received(client, `<iq type='set' id='g' to='${ROOMS}'><group xmlns='urn:x-tharsis:groups' name='Guild'/></iq>`);
  expect(conditions(await ask((await start({ create: 'nobody' })).crone))).toEqual(['not-allowed']);
  const { crone } = await start({ max_rooms_per_user: 1 });
  expect(conditions(await ask(crone))).toEqual([]);
  expect(conditions(await ask(crone))).toEqual(['resource-constraint']);
});
