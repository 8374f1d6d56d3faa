/** Commands 1030 to 1033: game clients in scenes, among themselves and with XMPP clients */
import { describe, expect, it } from 'vitest';
import { type BodyInit, Command } from '#protocol/mars';
import { type LoggedIn, type MarsClient, resumeBody } from '../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../test/support/mars-server.ts';

const scene = 'verona@scene.localhost';

async function online(mars: MarsServer, name: string, wantSession = false): Promise<[MarsClient, LoggedIn]> {
  const client = await mars.connect();
  const login = await client.comeOnline(name, { wantSession });
  client.take();
  return [client, login];
}

function enterBody(x: number, y = 0, more: object = {}): BodyInit {
  const value = { position: { x, y, z: 0 }, direction: 90, speed: 1.5, ...more };
  return { payload: { case: 'scene', value: { scene, action: { case: 'enter', value } } } };
}

const leaving: BodyInit = { payload: { case: 'scene', value: { scene, action: { case: 'leave', value: {} } } } };

function moveBody(x: number, y = 0, more: object = {}): BodyInit {
  return { payload: { case: 'sceneMove', value: { scene, x, y, z: 1, direction: 45, speed: 2, ...more } } };
}

function actBody(value: object): BodyInit {
  return { payload: { case: 'sceneAction', value: { scene, kind: 'wave', ...value } } };
}

function talkBody(body: string, channel = ''): BodyInit {
  return { id: body, payload: { case: 'sceneTalk', value: { scene, channel, body } } };
}

const destroy = `<query xmlns='urn:tharsis:scene:0#owner'><destroy/></query>`;
const destroyBody: BodyInit = {
  ...{ id: 'd', to: scene, type: 'set' },
  payload: { case: 'iq', value: { payload: { ns: 'urn:tharsis:scene:0#owner', name: 'query', xml: destroy } } },
};

/** Romeo at 0 and juliet at 10, who see each other. */
async function both(mars: MarsServer): Promise<[MarsClient, MarsClient]> {
  const [[romeo], [juliet]] = [await online(mars, 'romeo'), await online(mars, 'juliet')];
  await romeo.ask(Command.scene, enterBody(0));
  await juliet.ask(Command.scene, enterBody(10));
  await romeo.push(Command.scene);
  return [romeo, juliet];
}

/** The server has worked off what came, and a tick is over. */
async function tick(mars: MarsServer, ...clients: MarsClient[]): Promise<void> {
  for (const client of clients) await client.settled();
  mars.clock.advance(100);
  for (const client of clients) await client.settled();
}

/** What was pushed and not taken. */
const pushes = (client: MarsClient) =>
  client.take().flatMap(({ seq, body }) => (seq === 0 && body.payload.case !== undefined ? [body.payload] : []));

describe('1030 scene', () => {
  it('who enters gets what the scene is like and who is in sight, and those are told', async () => {
    const mars = await startMars();
    const [[romeo], [juliet]] = [await online(mars, 'romeo'), await online(mars, 'juliet')];
    const first = await romeo.ask(Command.scene, enterBody(0, 0, { nick: 'Romeo' }));
    expect(first.payload).toMatchObject({
      case: 'sceneResult',
      value: {
        scene,
        self: { actor: 'Romeo', position: { x: 0 } },
        tickRate: 10,
        sight: 50,
        outOfSight: 60,
        say: 20,
        yell: 60,
        whisper: 3,
      },
    });
    await romeo.ask(Command.sceneAction, actBody({ text: 'hi' }));
    const { payload } = await juliet.ask(Command.scene, enterBody(10));
    expect(payload).toMatchObject({
      value: {
        self: { actor: 'juliet', position: { x: 10 }, direction: 90 },
        placed: false,
        snapshot: [
          { actor: 'Romeo', position: { x: 0, y: 0, z: 0 }, direction: 90, speed: 1.5, action: { kind: 'wave' } },
        ],
      },
    });
    expect((await romeo.push(Command.scene)).payload).toMatchObject({
      case: 'sceneSight',
      value: { scene, seen: [{ actor: 'juliet', position: { x: 10, y: 0, z: 0 } }] },
    });
  });

  it('who enters again under the same nickname stays where it is and gets the snapshot again', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    const { payload } = await romeo.ask(Command.scene, enterBody(40));
    expect(payload).toMatchObject({
      value: { self: { actor: 'romeo', position: { x: 0 } }, snapshot: [{ actor: 'juliet' }] },
    });
    expect(pushes(juliet)).toEqual([]);
    const { error } = await romeo.ask(Command.scene, enterBody(40, 0, { nick: 'Other' }));
    expect(error?.condition).toBe('conflict');
  });

  it('a snapshot that is too long for a frame comes in several', async () => {
    const mars = await startMars({ hosts: { localhost: { modules: modulesWith({ max_action: 65_536 }) } } });
    const [romeo, juliet] = await both(mars);
    const text = 'x'.repeat(30_000);
    await romeo.ask(Command.sceneAction, actBody({ text }));
    await juliet.ask(Command.sceneAction, actBody({ text }));
    const [tybalt] = await online(mars, 'tybalt');
    const { payload } = await tybalt.ask(Command.scene, enterBody(5));
    const more = await tybalt.push(Command.scene);
    expect(payload.case === 'sceneResult' && payload.value.snapshot.map(({ actor }) => actor)).toHaveLength(1);
    expect(more.payload.case === 'sceneSight' && more.payload.value.seen).toHaveLength(1);
  });

  it('who leaves is told so, and so are those who saw it', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    expect((await romeo.ask(Command.scene, leaving)).error).toBeUndefined();
    expect(pushes(romeo)).toMatchObject([{ value: { ended: 'left' } }]);
    expect((await juliet.push(Command.scene)).payload).toMatchObject({ value: { left: ['romeo'] } });
    expect((await romeo.ask(Command.scene, leaving)).error?.condition).toBe('not-acceptable');
  });

  it('the end of the session is the end of the stay', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    await romeo.ask(Command.logout);
    expect((await juliet.push(Command.scene)).payload).toMatchObject({ value: { left: ['romeo'] } });
  });

  it('the end of the scene is told', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    expect((await romeo.ask(Command.iq, destroyBody)).error).toBeUndefined();
    for (const client of [romeo, juliet]) {
      expect((await client.push(Command.scene)).payload).toMatchObject({ value: { ended: 'destroyed' } });
    }
    expect((await juliet.ask(Command.sceneMove, moveBody(1))).error?.condition).toBe('not-acceptable');
  });

  it.each([
    ['no JID', { scene: '@', action: { case: 'enter', value: {} } }, 'jid-malformed'],
    ['a member', { scene: `${scene}/x`, action: { case: 'enter', value: {} } }, 'jid-malformed'],
    ['a service', { scene: 'scene.localhost', action: { case: 'enter', value: {} } }, 'jid-malformed'],
    ['no scene', { scene: 'verona@localhost', action: { case: 'enter', value: {} } }, 'service-unavailable'],
    ['nowhere', { scene: 'a@example.net', action: { case: 'enter', value: {} } }, 'service-unavailable'],
    ['nothing to do', { scene, action: { case: undefined } }, 'not-acceptable'],
    [
      'outside of the world',
      { scene, action: { case: 'enter', value: { position: { x: 2e6, y: 0, z: 0 } } } },
      'bad-request',
    ],
    ['too long a nickname', { scene, action: { case: 'enter', value: { nick: 'x'.repeat(65) } } }, 'policy-violation'],
  ])('%s is refused', async (_, value, condition) => {
    const mars = await startMars();
    const [romeo] = await online(mars, 'romeo');
    const body = { payload: { case: 'scene', value } } as BodyInit;
    expect((await romeo.ask(Command.scene, body)).error?.condition).toBe(condition);
    expect((await romeo.ask(Command.scene)).error?.condition).toBe('bad-request');
  });

  it('who has entered and says nothing is refused', async () => {
    const mars = await startMars();
    const [romeo] = await both(mars);
    const { error } = await romeo.ask(Command.scene, { payload: { case: 'scene', value: { scene } } });
    expect(error?.condition).toBe('bad-request');
  });
});

describe('1031 move', () => {
  it('is not answered, and told at the next tick in one frame', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    const [tybalt] = await online(mars, 'tybalt');
    await tybalt.ask(Command.scene, enterBody(5));
    for (const client of [romeo, juliet]) await client.push(Command.scene);
    for (const x of [1, 2, 3]) romeo.send(Command.sceneMove, moveBody(x));
    juliet.send(Command.sceneMove, moveBody(11));
    await tick(mars, romeo, juliet, tybalt);
    const [frame, ...others] = pushes(tybalt);
    expect(others).toEqual([]);
    expect(frame).toMatchObject({ case: 'sceneMoves', value: { scene, tick: 1 } });
    const moves = frame?.case === 'sceneMoves' ? frame.value.moves : [];
    expect(moves.toSorted((a, b) => a.x - b.x)).toMatchObject([
      { scene: '', actor: 'romeo', x: 3, y: 0, z: 1, direction: 45, speed: 2 },
      { scene: '', actor: 'juliet', x: 11 },
    ]);
    expect(pushes(romeo)).toMatchObject([{ case: 'sceneMoves', value: { moves: [{ actor: 'juliet' }] } }]);
  });

  it('tells who comes into sight and who goes out of it', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    juliet.send(Command.sceneMove, moveBody(61));
    await tick(mars, juliet, romeo);
    expect(pushes(romeo)).toMatchObject([{ case: 'sceneSight', value: { outOfSight: ['juliet'], seen: [] } }]);
    juliet.send(Command.sceneMove, moveBody(49));
    await tick(mars, juliet, romeo);
    expect(pushes(romeo)).toMatchObject([{ value: { seen: [{ actor: 'juliet', position: { x: 49 } }] } }]);
  });

  it.each([
    ['who is not there', moveBody(1), 'not-acceptable', false],
    ['a place outside of the world', moveBody(2e6), 'bad-request', true],
    ['no number', moveBody(Number.NaN), 'bad-request', true],
    ['no speed', moveBody(1, 0, { speed: Number.POSITIVE_INFINITY }), 'bad-request', true],
    ['no direction', moveBody(1, 0, { direction: Number.NaN }), 'bad-request', true],
    ['nothing', {}, 'bad-request', true],
  ] as const)('%s is refused, and that is answered', async (_, body, condition, enters) => {
    const mars = await startMars();
    const [romeo] = await online(mars, 'romeo');
    if (enters) await romeo.ask(Command.scene, enterBody(0));
    expect((await romeo.ask(Command.sceneMove, { ...body, noReply: true })).error?.condition).toBe(condition);
  });

  it('is not told to who does not watch, until it does again', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    const watch = (value: boolean): BodyInit => ({
      payload: { case: 'scene', value: { scene, action: { case: 'watch', value } } },
    });
    await juliet.ask(Command.scene, watch(false));
    romeo.send(Command.sceneMove, moveBody(2));
    await tick(mars, romeo, juliet);
    expect(pushes(juliet)).toEqual([]);
    await juliet.ask(Command.scene, watch(true));
    await tick(mars, juliet);
    expect(pushes(juliet)).toMatchObject([{ case: 'sceneMoves', value: { moves: [{ actor: 'romeo', x: 2 }] } }]);
  });
});

describe('1032 action', () => {
  it('is seen by those in sight', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    const body = actBody({ kind: 'throw', target: 'juliet', text: 'rose' });
    expect((await romeo.ask(Command.sceneAction, body)).error).toBeUndefined();
    expect((await juliet.push(Command.sceneAction)).payload).toMatchObject({
      case: 'sceneAction',
      value: { scene, actor: 'romeo', kind: 'throw', target: 'juliet', text: 'rose' },
    });
  });

  it.each([
    ['without a kind', actBody({ kind: '' }), 'bad-request'],
    ['at nobody', actBody({ target: 'paris' }), 'item-not-found'],
    ['of another command', moveBody(0), 'bad-request'],
  ])('%s is refused', async (_, body, condition) => {
    const mars = await startMars();
    const [romeo] = await both(mars);
    expect((await romeo.ask(Command.sceneAction, body)).error?.condition).toBe(condition);
  });
});

describe('1033 talk', () => {
  it('is heard by those near, the speaker too, as a message', async () => {
    const mars = await startMars();
    const [romeo, juliet] = await both(mars);
    const answer = await romeo.ask(Command.sceneTalk, talkBody('Ay me', 'yell'));
    expect(answer).toMatchObject({ id: 'Ay me', payload: { case: 'messageResult' } });
    for (const client of [romeo, juliet]) {
      expect(await client.push()).toMatchObject({
        ...{ id: 'Ay me', from: `${scene}/romeo`, type: 'groupchat' },
        payload: { case: 'message', value: { body: 'Ay me', channel: 'yell' } },
      });
    }
    await romeo.ask(Command.sceneTalk, talkBody('psst', 'whisper'));
    await juliet.settled();
    expect(pushes(juliet)).toEqual([]);
  });

  it.each([
    ['on no channel', talkBody('a', 'radio'), 'bad-request'],
    [
      'to a scene that is not there',
      { payload: { case: 'sceneTalk', value: { scene: 'a@scene.localhost' } } },
      'item-not-found',
    ],
    ['of another command', moveBody(0), 'bad-request'],
  ] as [string, BodyInit, string][])('%s is refused', async (_, body, condition) => {
    const mars = await startMars();
    const [romeo] = await both(mars);
    expect((await romeo.ask(Command.sceneTalk, body)).error?.condition).toBe(condition);
  });
});

describe('a session that lost its connection', () => {
  it('stays in the scene, is told no movements, and gets the snapshot when it is there again', async () => {
    const mars = await startMars();
    const [[romeo], [juliet, login]] = [await online(mars, 'romeo'), await online(mars, 'juliet', true)];
    await romeo.ask(Command.scene, enterBody(0));
    await juliet.ask(Command.scene, enterBody(10));
    await romeo.push(Command.scene);
    juliet.destroy();
    await detached(mars);
    for (const x of [2, 4]) {
      romeo.send(Command.sceneMove, moveBody(x));
      await tick(mars, romeo);
    }
    await romeo.ask(Command.sceneTalk, talkBody('are you there?'));
    const again = await mars.connect();
    expect((await again.ask(Command.resume, resumeBody(login))).error).toBeUndefined();
    expect((await again.stanza('are you there?')).payload).toMatchObject({ value: { channel: 'say' } });
    expect((await again.push(Command.scene)).payload).toMatchObject({
      case: 'sceneResult',
      value: {
        scene,
        self: { actor: 'juliet', position: { x: 10 } },
        snapshot: [{ actor: 'romeo', position: { x: 4 } }],
      },
    });
    again.send(Command.sceneMove, moveBody(12));
    await tick(mars, again, romeo);
    expect(pushes(romeo).filter((payload) => payload.case === 'sceneMoves')).toMatchObject([
      { value: { moves: [{ actor: 'juliet', x: 12 }] } },
    ]);
  });

  it('whose scene has ended meanwhile is told so, and can enter again', async () => {
    const mars = await startMars();
    const [[romeo], [juliet, login]] = [await online(mars, 'romeo'), await online(mars, 'juliet', true)];
    await romeo.ask(Command.scene, enterBody(0));
    await juliet.ask(Command.scene, enterBody(10));
    const lost = detached(mars);
    juliet.destroy();
    await lost;
    await romeo.ask(Command.iq, destroyBody);
    const again = await mars.connect();
    await again.ask(Command.resume, resumeBody(login));
    expect((await again.push(Command.scene)).payload).toMatchObject({
      case: 'sceneSight',
      value: { ended: 'destroyed' },
    });
    expect((await again.ask(Command.scene, enterBody(1))).payload).toMatchObject({
      value: { self: { actor: 'juliet', position: { x: 1 } } },
    });
  });
});

it('behind an encrypted connection and over a WebSocket it is the same', async () => {
  const mars = await startMars();
  const [romeo] = await online(mars, 'romeo');
  await romeo.ask(Command.scene, enterBody(0));
  const juliet = await mars.connectWebSocket();
  const first = juliet.sendFirst(mars.publicKey, Command.hello, {
    to: 'localhost',
    payload: { case: 'hello', value: { protoVersion: 1 } },
  });
  await juliet.next(({ seq }) => seq === first);
  await juliet.scram('juliet', 'secret');
  await juliet.ask(Command.scene, enterBody(1));
  romeo.send(Command.sceneMove, moveBody(2));
  await tick(mars, romeo, juliet);
  expect(pushes(juliet)).toMatchObject([{ case: 'sceneMoves', value: { moves: [{ actor: 'romeo', x: 2 }] } }]);
});

/** Resolves when a session of the server waits for its client. */
async function detached({ server }: MarsServer): Promise<void> {
  await new Promise<void>((done) => {
    const undo = server.host.hooks.add('session:detached', 'observe', () => {
      undo();
      done();
    });
  });
}

function modulesWith(options: object): object {
  return { roster: {}, presence: {}, disco: {}, scene: options, ping: {} };
}
