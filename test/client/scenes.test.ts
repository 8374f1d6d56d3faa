/** Scenes by `tharsis/client`, with a whole server */
import { connect as dial, createServer as listen, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Client, Command, connect, type Scene, type SceneEvents } from '../../src/client/node.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';

const ADDRESS = 'verona@scene.localhost';

let server: TestServer;
const undo: (() => unknown)[] = [];

beforeEach(async () => {
  const listeners = [{ transport: 'tcp-mars', address: '127.0.0.1', port: 0, encryption: 'optional' }];
  server = await createTestServer({ config: { log: { level: 'silent' }, listeners } });
  for (const name of ['romeo', 'juliet']) await server.addUser(name, 'secret');
});
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
  await server.stop();
});

async function logIn(username: string, port = server.port('tcp-mars')): Promise<Client> {
  const client = await connect({
    servers: [`tcp://127.0.0.1:${port}`],
    domain: server.domain,
    credentials: { username, password: 'secret' },
    serverKey: server.listeners[0]?.publicKey,
    backOff: { minMs: 1, maxMs: 10 },
  });
  undo.push(() => client.close());
  return client;
}

function next<Name extends keyof SceneEvents>(scene: Scene, name: Name): Promise<SceneEvents[Name]> {
  return new Promise((done) => {
    const off = scene.on(name, (...args) => {
      off();
      done(args);
    });
  });
}

const enter = (client: Client, x: number): Promise<Scene> =>
  client.enterScene(ADDRESS, { position: { x, y: 0, z: 0 }, direction: 90 });

it('two see each other come, move, act, speak and go', async () => {
  const [romeo, juliet] = [await logIn('romeo'), await logIn('juliet')];
  const orchard = await enter(romeo, 0);
  const seen = next(orchard, 'seen');
  const balcony = await enter(juliet, 10);
  expect(balcony.traits).toMatchObject({ self: { actor: 'juliet' }, sight: 50, say: 20, tickRate: 10 });
  expect([...balcony.actors.values()]).toMatchObject([{ name: 'romeo', position: { x: 0 }, direction: 90 }]);
  expect((await seen)[0]).toMatchObject({ name: 'juliet', position: { x: 10 } });

  const moved = next(balcony, 'moved');
  orchard.move({ x: 5, y: 1, speed: 2 });
  expect((await moved)[0]).toMatchObject([{ name: 'romeo', position: { x: 5, y: 1, z: 0 }, speed: 2 }]);
  const acted = next(balcony, 'action');
  await orchard.act({ kind: 'wave' });
  expect(await acted).toMatchObject(['romeo', { kind: 'wave' }]);
  expect(balcony.actors.get('romeo')).toMatchObject({ position: { x: 5 }, action: { kind: 'wave' } });

  const heard = [next(orchard, 'talk'), next(balcony, 'talk')];
  await balcony.talk('Ay me!', 'yell');
  for (const talk of heard) expect(await talk).toEqual(['juliet', 'Ay me!', 'yell']);

  const gone = next(balcony, 'gone');
  const ended = next(orchard, 'ended');
  await orchard.leave();
  expect([await gone, await ended]).toEqual([['romeo', 'left'], ['left']]);
  expect(balcony.actors.size).toBe(0);
  await expect(orchard.act({ kind: 'wave' })).rejects.toThrow('not-acceptable');
});

it('what is refused is told, and the scene is none', async () => {
  const romeo = await logIn('romeo');
  await expect(romeo.enterScene('nowhere@localhost')).rejects.toThrow('service-unavailable');
  const scene = await romeo.enterScene(ADDRESS);
  await expect(romeo.enterScene(ADDRESS, { nick: 'other' })).rejects.toThrow('conflict');
  expect(await romeo.enterScene(ADDRESS)).toBe(scene);
  await expect(scene.talk('hi', 'radio')).rejects.toThrow('bad-request');
});

it('whose address is written with capitals is the same', async () => {
  const romeo = await logIn('romeo');
  const scene = await romeo.enterScene('Verona@Scene.LOCALHOST');
  const heard = next(scene, 'talk');
  await scene.talk('hi');
  expect(await heard).toEqual(['romeo', 'hi', 'say']);
  expect(await romeo.enterScene(ADDRESS)).toBe(scene);
});

it('a movement that is refused is told', async () => {
  const romeo = await logIn('romeo');
  const scene = await enter(romeo, 0);
  const refused = new Promise((done) => romeo.on('refused', ({ condition }, command) => done([condition, command])));
  scene.move({ x: 2e6, y: 0 });
  expect(await refused).toEqual(['bad-request', Command.sceneMove]);
});

it('after a lost connection the scene is as it is now', async () => {
  const links = new Set<Socket>();
  const proxy = listen((socket) => {
    const upstream = dial(server.port('tcp-mars'), '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const link of [socket, upstream]) links.add(link.on('error', () => {}));
  });
  await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
  undo.push(() => proxy.close());
  const { port } = proxy.address() as { port: number };
  const [romeo, juliet] = [await logIn('romeo'), await logIn('juliet', port)];
  const orchard = await enter(romeo, 0);
  const balcony = await enter(juliet, 10);
  const snapshot = next(balcony, 'snapshot');
  for (const link of links) link.destroy();
  orchard.move({ x: 7 });
  await snapshot;
  const moved = next(orchard, 'moved');
  balcony.move({ x: 12 });
  expect((await moved)[0]).toMatchObject([{ name: 'juliet', position: { x: 12 } }]);
  undo.push(() => {
    for (const link of links) link.destroy();
  });
});

it('the end of the session on the server is the end of the scene', async () => {
  const romeo = await logIn('romeo');
  const scene = await enter(romeo, 0);
  const ended = next(scene, 'ended');
  const again = new Promise((done) => romeo.on('online', done));
  for (const session of server.host.sessions) session.close();
  expect(await ended).toEqual(['lost']);
  await again;
  expect((await enter(romeo, 3)).traits.self?.actor).toBe('romeo');
});
