/** The page /scene in a real browser: players walk, the own one by the arrow keys, and who is near hears what is said. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Walker } from '../../src/cli/walker.ts';
import { type Client, connect, type Scene } from '../../src/client/node.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { CHROMIUM, isMissing, launchBrowser } from './chat-user.ts';

const DOMAIN = 'example.org';
const PLAZA = `plaza@scene.${DOMAIN}`;
const PLAYERS = Array.from({ length: 40 }, (_, i) => `player${i}`);

if (isMissing && process.env.CI === 'true') {
  it('Chromium is there for the scene page', () => {
    throw new Error(`${CHROMIUM} is missing: install Chromium, or name it in CHROMIUM`);
  });
}

describe.skipIf(isMissing)(`the scene page in ${CHROMIUM}`, () => {
  let server: TestServer;
  let browser: Browser;
  let code: string;
  const clients: Client[] = [];

  beforeAll(async () => {
    const listeners = ['websocket', 'tcp-mars'].map((transport) => ({ transport, address: '127.0.0.1', port: 0 }));
    const mars = { ...listeners[1], encryption: 'optional' };
    server = await createTestServer({ config: { hosts: { [DOMAIN]: {} }, listeners: [listeners[0], mars] } });
    for (const name of ['alice', 'bob', ...PLAYERS]) await server.addUser(name, 'secret');
    browser = await launchBrowser();
    code = await clientModule();
  }, 60_000);

  afterAll(async () => {
    for (const client of clients) await client.close();
    await browser?.close();
    await server?.stop();
  });

  async function logIn(username: string): Promise<Client> {
    const servers = [`tcp://127.0.0.1:${server.port('tcp-mars')}`];
    const client = await connect({ servers, domain: DOMAIN, credentials: { username, password: 'secret' } });
    clients.push(client);
    return client;
  }

  async function open(): Promise<{ page: Page; violations: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1_200, height: 750 } });
    const page = await context.newPage();
    const violations: string[] = [];
    page.on('console', (line) => {
      if (/content security policy/i.test(line.text())) violations.push(line.text());
    });
    page.on('request', (request) => {
      const { protocol, port } = new URL(request.url());
      if (protocol !== 'data:' && port !== String(server.port('websocket'))) violations.push(request.url());
    });
    // The modules as the build makes them, in one file: here there is no build.
    await page.route('**/scene/client/browser.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: code }),
    );
    await page.goto(`http://127.0.0.1:${server.port('websocket')}/scene`);
    return { page, violations };
  }

  it('lets a user walk among others, and be heard by those near', async () => {
    for (const [i, name] of PLAYERS.entries()) await new Walker(await logIn(name), PLAZA, i).begin();
    const bob = await logIn('bob');
    const scene = await bob.enterScene(PLAZA, { nick: 'Bob', position: { x: 35, y: 38, z: 0 } });
    const { page, violations } = await open();

    await page.fill('input[name=username]', 'alice');
    await page.fill('input[name=password]', 'wrong');
    await page.click('button');
    await page.getByText('not-authorized').first().waitFor();
    await page.fill('input[name=password]', 'secret');
    await page.click('button');
    await page.locator('#talk').waitFor();
    await page.getByText(/^(3\d|4\d) in sight$/).waitFor();

    const before = await positionOf(scene, 'alice');
    await page.keyboard.down('ArrowLeft');
    await moved(scene, ({ x, direction, speed }) => x < before.x - 1 && Math.abs(direction) === 180 && speed > 0);
    await page.keyboard.up('ArrowLeft');
    await moved(scene, ({ speed }) => speed === 0);

    const heard = new Promise((done) => scene.on('talk', (name, body) => name === 'alice' && done(body)));
    await page.keyboard.press('Enter');
    await page.keyboard.type('Hello there, who are you?');
    await page.keyboard.press('Enter');
    expect(await heard).toBe('Hello there, who are you?');
    await scene.talk('I am Bob. Follow me to the fountain!');
    if (process.env.UPDATE_SCREENSHOTS === '1') {
      await page.waitForTimeout(400);
      mkdirSync('docs/images', { recursive: true });
      await page.screenshot({ path: 'docs/images/scene.png' });
    }
    expect(violations).toEqual([]);
  }, 90_000);
});

interface Place {
  readonly x: number;
  readonly direction: number;
  readonly speed: number;
}

async function positionOf(scene: Scene, name: string): Promise<Place> {
  const actor = scene.actors.get(name);
  if (actor === undefined) throw new Error(`${name} is not in sight`);
  return { x: actor.position.x, direction: actor.direction, speed: actor.speed };
}

/** Alice is told to be as asked for. */
function moved(scene: Scene, isSo: (place: Place) => boolean): Promise<void> {
  return new Promise((done) => {
    const off = scene.on('moved', (actors) => {
      const alice = actors.find(({ name }) => name === 'alice');
      if (alice === undefined || !isSo({ ...alice, x: alice.position.x })) return;
      off();
      done();
    });
  });
}

async function clientModule(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL('../../src/client/browser.ts', import.meta.url)), formats: ['es'] },
    },
  });
  const [{ output } = { output: [] }] = [result].flat() as { output: { code: string }[] }[];
  return output[0]?.code ?? '';
}
