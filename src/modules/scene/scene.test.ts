/** Scenes through the whole server, with a clock that stands still; each refusal and each use case has a scenario as well */
import { beforeEach, describe, expect, it } from 'vitest';
import { type ClientSession, SCENES as CONTRACT, createMemoryStorage, Jid, type SceneApi, type Stanza } from '#core';
import disco from '#modules/disco';
import presence from '#modules/presence';
import roster from '#modules/roster';
import scene from '#modules/scene';
import { act, configure, enter, move, SCENES, say, told } from '../../../test/support/scenes.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const USERS = ['romeo', 'juliet', 'nurse'];
let server: TestHost;
let romeo: TestClient;
let juliet: TestClient;
let nurse: TestClient;

async function start(config: object = {}, stores = createMemoryStorage().stores('scene')): Promise<void> {
  server = await TestHost.start(
    [roster, presence, disco, [scene, config]],
    USERS,
    'example.com',
    undefined,
    () => stores,
  );
  [romeo, juliet, nurse] = (await Promise.all(USERS.map((name) => server.logIn(name, 'phone')))) as [
    TestClient,
    TestClient,
    TestClient,
  ];
}
const take = (client: TestClient) => told(client.takeStanzas());
const tick = () => server.clock.advance(100);

beforeEach(() => start());

describe('moving', () => {
  it('is told once a tick, with the last position, to those who watch and see it', async () => {
    await enter(romeo, 'verona', 'Romeo');
    await enter(juliet, 'verona', 'Juliet', 10, 0, "watch='true'");
    await enter(nurse, 'verona', 'Nurse', 12);
    for (const client of [romeo, juliet]) client.take();
    for (const x of [1, 2, 3]) await move(romeo, 'verona', x);
    server.clock.advance(99);
    expect(take(juliet)).toEqual([]);
    server.clock.advance(1);
    expect(take(juliet)).toEqual(['Romeo at 3,0']);
    for (const client of [romeo, nurse]) expect(take(client)).toEqual([]);
    server.clock.advance(10_000);
    expect(take(juliet)).toEqual([]);
  });

  it('is told later to a client that has lost its link: the last position', async () => {
    await enter(romeo, 'verona', 'Romeo');
    await enter(juliet, 'verona', 'Juliet', 10, 0, "watch='true'");
    const session = server.host.sessions.get(Jid.parse('juliet@example.com/phone')) as ClientSession;
    const { connection } = session;
    const rules = { maxStanzas: 100, maxSize: 100_000, askAfter: 100, ask() {}, tell() {} };
    session.manage(rules, { id: 'sm', patienceMs: 60_000 });
    session.disconnected();
    for (const x of [1, 2, 3]) {
      await move(romeo, 'verona', x);
      tick();
    }
    expect(session.management?.unacknowledged.length).toBe(0);
    juliet.take();
    session.attach(connection);
    tick();
    expect(take(juliet)).toEqual(['Romeo at 3,0']);
  });

  it('is one stanza content for all who see it', async () => {
    await enter(romeo, 'verona', 'Romeo');
    for (const client of [juliet, nurse])
      await enter(client, 'verona', client === juliet ? 'Juliet' : 'Nurse', 1, 1, "watch='1'");
    await settled();
    for (const client of [juliet, nurse]) client.take();
    await move(romeo, 'verona', 5);
    tick();
    const [one, other] = [juliet, nurse].map((client) => client.takeStanzas()[0] as Stanza);
    expect(one?.children).toBe(other?.children);
  });

  it('brings others into sight at one radius and out of it at another', async () => {
    await enter(romeo, 'verona', 'Romeo');
    expect(told(await enter(juliet, 'verona', 'Juliet', 55))).toEqual(['Juliet in sight at 55,0']);
    const seen: string[][] = [];
    for (const x of [50, 55, 60, 60.5, 55]) {
      await move(juliet, 'verona', x);
      tick();
      seen.push([...take(romeo), ...take(juliet)]);
    }
    expect(seen).toEqual([
      ['Juliet in sight at 50,0', 'Romeo in sight at 0,0'],
      [],
      [],
      ['Juliet out of sight', 'Romeo out of sight'],
      [],
    ]);
  });

  it('is as fast as the scene lets it be: who is refused stays where he is', async () => {
    await enter(romeo, 'verona', 'Romeo');
    expect(await configure(romeo, 'verona', { speed: '10' })).toBe('result');
    expect(told(await move(romeo, 'verona', 10))).toEqual([]);
    const [refused] = await move(romeo, 'verona', 10.1);
    expect(told([refused as Stanza])).toEqual(['error policy-violation']);
    expect(refused?.child('error')?.child('too-fast', 'urn:tharsis:scene:0')?.attrs).toMatchObject({ x: '10', y: '0' });
    server.clock.advance(10);
    expect(told(await move(romeo, 'verona', 10.1))).toEqual([]);
  });

  it('is told of so many members at a time, those far away later', async () => {
    await enter(romeo, 'verona', 'Romeo', 0, 0, "watch='true'");
    await configure(romeo, 'verona', { budget: '1' });
    await enter(juliet, 'verona', 'Juliet', 1);
    await enter(nurse, 'verona', 'Nurse', 30);
    romeo.take();
    await move(juliet, 'verona', 2);
    await move(nurse, 'verona', 31);
    tick();
    expect(take(romeo)).toEqual(['Juliet at 2,0']);
    tick();
    expect(take(romeo)).toEqual(['Nurse at 31,0']);
  });
});

describe('where the backend places members', () => {
  beforeEach(async () => {
    await enter(romeo, 'verona', 'Romeo');
    const fields = { positions: 'backend', backends: 'nurse@example.com', entrance: '7 8' };
    expect(await configure(romeo, 'verona', fields)).toBe('result');
  });

  it('they come in at the entrance, and cannot move themselves', async () => {
    expect(told(await enter(juliet, 'verona', 'Juliet', 1, 1)).at(-1)).toBe('Juliet in sight at 7,8');
    expect(told(await move(juliet, 'verona', 2))).toEqual(['error forbidden']);
  });

  it('it does so by command or by message, as fast as it will', async () => {
    await enter(juliet, 'verona', 'Juliet', 0, 0, "watch='true'");
    await configure(romeo, 'verona', { speed: '1' });
    juliet.take();
    const placed = await server.commands.run('scene.move', { scene: 'verona', nick: 'Romeo', x: 10, y: 20 });
    expect(placed).toEqual({ member: `verona@${SCENES}/Romeo` });
    tick();
    expect(take(juliet)).toEqual(['Romeo at 10,20']);
    nurse.send(`<message to='verona@${SCENES}/Romeo'><move xmlns='urn:tharsis:scene:0' x='30' y='20'/></message>`);
    tick();
    expect(take(juliet)).toEqual(['Romeo at 30,20']);
    const refused = server.commands.run('scene.move', { scene: 'verona', nick: 'Nobody', x: 0, y: 0 });
    await expect(refused).rejects.toMatchObject({ condition: 'item-not-found' });
    const far = server.commands.run('scene.move', { scene: 'verona', nick: 'Romeo', x: 1_000_001, y: 0 });
    await expect(far).rejects.toMatchObject({ condition: 'bad-request' });
  });
});

describe('the limits', () => {
  it('of members', async () => {
    await start({ max_members: 2 });
    await enter(romeo, 'verona', 'Romeo');
    expect(told(await enter(juliet, 'verona', 'Juliet'))).not.toContain('error service-unavailable');
    expect(told(await enter(nurse, 'verona', 'Nurse'))).toEqual(['error service-unavailable']);
  });

  it('of members, by the owner', async () => {
    await enter(romeo, 'verona', 'Romeo');
    expect(await configure(romeo, 'verona', { 'max-members': '1' })).toBe('result');
    expect(told(await enter(nurse, 'verona', 'Nurse'))).toEqual(['error service-unavailable']);
  });

  it('of messages and actions', async () => {
    await start({ messages_per_second: 2 });
    await enter(romeo, 'verona', 'Romeo');
    for (const word of ['one', 'two']) expect(told(await say(romeo, 'verona', word))).toEqual([`Romeo: ${word}`]);
    for (const kind of ['wave', 'bow']) expect(told(await act(romeo, 'verona', kind))).toEqual(['result']);
    expect(told(await say(romeo, 'verona', 'three'))).toEqual(['error policy-violation']);
    expect(told(await act(romeo, 'verona', 'dance'))).toEqual(['error policy-violation']);
    server.clock.advance(500);
    expect(told(await say(romeo, 'verona', 'three'))).toEqual(['Romeo: three']);
    expect(told(await say(romeo, 'verona', 'four'))).toEqual(['error policy-violation']);
  });

  it('of movements, but for a backend', async () => {
    await start({ moves_per_second: 2 });
    await enter(romeo, 'verona', 'Romeo');
    for (const x of [1, 2, 3, 4]) expect(await move(romeo, 'verona', x)).toEqual([]);
    expect(told(await move(romeo, 'verona', 5))).toEqual(['error policy-violation']);
    server.clock.advance(500);
    expect(await move(romeo, 'verona', 5)).toEqual([]);
    expect(told(await move(romeo, 'verona', 6))).toEqual(['error policy-violation']);
    const placed = { scene: 'verona', nick: 'Romeo', x: 7, y: 0 };
    for (let i = 0; i < 10; i++) await server.commands.run('scene.move', placed);
    await start({ moves_per_second: 0 });
    await enter(romeo, 'verona', 'Romeo');
    for (let x = 0; x < 500; x++) expect(await move(romeo, 'verona', x / 10)).toEqual([]);
  });

  it('of scenes in the list of the service', async () => {
    await start({ create: 'anyone', max_scenes_per_user: 1_000 });
    for (let i = 0; i < 101; i++) await enter(romeo, `scene${i}`, 'Romeo');
    romeo.send(`<iq type='get' id='items' to='${SCENES}'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`);
    await settled();
    const [answer] = romeo.takeStanzas();
    expect(answer?.child('query', 'http://jabber.org/protocol/disco#items')?.elements('item')).toHaveLength(100);
  });

  it('of scenes a user', async () => {
    await start({ max_scenes_per_user: 2 });
    await enter(romeo, 'verona', 'Romeo');
    await configure(romeo, 'verona', {});
    await enter(romeo, 'mantua', 'Romeo');
    expect(told(await enter(romeo, 'padua', 'Romeo'))).toEqual(['error resource-constraint']);
    romeo.send(`<presence type='unavailable' to='mantua@${SCENES}/Romeo'/>`);
    await settled();
    romeo.take();
    expect(told(await enter(romeo, 'padua', 'Romeo'))).toEqual(['Romeo in sight at 0,0']);
  });

  it.each([
    ['nobody', {}, 'error not-allowed'],
    ['nobody', { creators: ['romeo@example.com'] }, 'Romeo in sight at 0,0'],
    ['users', {}, 'Romeo in sight at 0,0'],
  ])('of who makes scenes: %s, %j', async (create, more, answer) => {
    await start({ create, ...more });
    expect(told(await enter(romeo, 'verona', 'Romeo'))).toEqual([answer]);
  });

  it('of nicknames, actions and coordinates', async () => {
    await start({ max_nick: 5, max_action: 8, max_coordinate: 100 });
    expect(told(await enter(romeo, 'verona', 'Romeo6'))).toEqual(['error policy-violation']);
    expect(told(await enter(romeo, 'verona', 'Romeo', 100.1))).toEqual(['error bad-request']);
    expect(told(await enter(romeo, 'verona', 'Romeo', 100, -100))).toEqual(['Romeo in sight at 100,-100']);
    expect(told(await move(romeo, 'verona', -100.1))).toEqual(['error bad-request']);
    expect(told(await act(romeo, 'verona', 'wave', 'hand'))).toEqual(['result']);
    expect(told(await act(romeo, 'verona', 'wave', 'hands'))).toEqual(['error policy-violation']);
  });

  it('of zones', async () => {
    await start({ max_zones: 1 });
    await enter(romeo, 'verona', 'Romeo');
    expect(await configure(romeo, 'verona', { zones: ['a 0 1 0 1'] })).toBe('result');
    expect(await configure(romeo, 'verona', { zones: ['a 0 1 0 1', 'b 0 1 0 1'] })).toBe('not-acceptable');
  });
});

describe('the form of the owner', () => {
  beforeEach(() => enter(romeo, 'verona', 'Romeo'));

  it.each([
    [{ sight: '70' }],
    [{ sight: '0.5' }],
    [{ sight: 'far' }],
    [{ say: '-1' }],
    [{ rate: '2.5' }],
    [{ rate: '61' }],
    [{ budget: '0' }],
    [{ all: 'romeo' }],
    [{ positions: '' }],
    [{ owners: '' }],
    [{ entrance: '1' }],
    [{ entrance: '1 2 3 4' }],
    [{ entrance: '1000001 0' }],
    [{ zones: 'hall 0 1 0' }],
    [{ zones: 'hall 1 0 0 1' }],
    [{ zones: ['hall 0 1 0 1', 'hall 2 3 0 1'] }],
    [{ name: 'x'.repeat(256) }],
  ])('does not take %j', async (fields) => {
    expect(await configure(romeo, 'verona', fields as Record<string, string>)).toBe('not-acceptable');
  });

  it('changes who sees whom at once', async () => {
    await enter(juliet, 'verona', 'Juliet', 40);
    expect(take(romeo)).toEqual(['Juliet in sight at 40,0']);
    await configure(romeo, 'verona', { sight: '20', 'out-of-sight': '30' });
    expect(take(juliet)).toEqual(['Romeo out of sight']);
  });

  it('is stored: the scene is there when the server comes back, and read when it is touched', async () => {
    const stores = createMemoryStorage().stores('scene');
    await start({}, stores);
    await enter(romeo, 'verona', 'Romeo');
    await configure(romeo, 'verona', { say: '0', zones: 'hall 0 10 0 10 0 3' });
    await start({ create: 'nobody' }, stores);
    expect(told(await enter(juliet, 'verona', 'Juliet'))).toEqual(['Juliet in sight at 0,0']);
    expect(told(await say(juliet, 'verona', 'hello'))).toEqual(['error not-allowed']);
    expect(told(await enter(juliet, 'mantua', 'Juliet'))).toEqual(['error not-allowed']);
    expect(await configure(juliet, 'verona', {})).toBe('forbidden');
  });
});

describe('somebody who is not there any more', () => {
  it('leaves with the end of the session', async () => {
    await enter(romeo, 'verona', 'Romeo');
    await enter(juliet, 'verona', 'Juliet', 5);
    romeo.take();
    juliet.drop();
    await settled();
    expect(take(romeo)).toEqual(['Juliet gone']);
  });

  it('leaves when something comes back', async () => {
    await enter(romeo, 'verona', 'Romeo');
    await enter(juliet, 'verona', 'Juliet', 5);
    romeo.take();
    const error = `<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>`;
    juliet.send(`<message type='error' to='verona@${SCENES}/Romeo'>${error}</message>`);
    await settled();
    expect(take(romeo)).toEqual(['Juliet gone']);
  });
});

it('when the server stops each member is told of himself', async () => {
  await enter(romeo, 'verona', 'Romeo');
  await enter(juliet, 'verona', 'Juliet', 5);
  romeo.take();
  await server.router.host(SCENES)?.hooks.notify('host:stopping', {});
  const [stopped, ...more] = romeo.takeStanzas();
  expect(more).toEqual([]);
  expect(stopped?.child('member', 'urn:tharsis:scene:0')?.child('stopped')).toBeDefined();
});

describe('for other faces than XMPP', () => {
  it('a member has a sink, and XMPP clients are among those it sees', async () => {
    await enter(romeo, 'verona', 'Romeo', 0, 0, "watch='true'");
    const events: string[] = [];
    const note = (what: string) => (who: { nick: string }) => void events.push(`${what} ${who.nick}`);
    const sink = {
      takesMovements: true,
      sees: note('sees'),
      losesSightOf: note('loses'),
      seesLeaving: note('leaves'),
      seesActing: note('acts'),
      seesMoving: (moved: readonly { nick: string }[], count: number) => moved.slice(0, count).forEach(note('moves')),
      hears: ({ from }: Stanza) => void events.push(`hears ${from?.resource}`),
      ends: (why: string) => void events.push(why),
    };
    const newcomer = {
      jid: Jid.parse('game@example.com/1'),
      nick: 'Game',
      movement: { x: 3, y: 4, z: 0 },
      watches: true,
      sink,
    };
    const games = server.router.host(SCENES)?.contracts.find(CONTRACT) as SceneApi;
    const member = await games.enter('verona', newcomer);
    expect(take(romeo)).toEqual(['Game in sight at 3,4']);
    games.move(member, { x: 4, y: 4, z: 0 });
    await move(romeo, 'verona', 1);
    await act(romeo, 'verona', 'wave');
    await say(romeo, 'verona', 'hello');
    games.act(member, { kind: 'bow', text: '' });
    tick();
    expect(take(romeo)).toEqual(['Game does bow', 'Game at 4,4']);
    games.leave(member);
    games.leave(member);
    expect(take(romeo)).toEqual(['Game gone']);
    expect(events).toEqual(['sees Romeo', 'acts Romeo', 'hears Romeo', 'moves Romeo', 'left']);
    for (const late of [() => games.move(member, member.movement), () => games.watch(member, true)]) {
      expect(late).toThrow('you are not in the scene');
    }
    expect(() => games.enter('verona', { ...newcomer, nick: '' })).toThrow('jid-malformed');
  });
});
