/** RFC 6121 §3-5 between XMPP clients over TCP and WebSocket, and game clients over TCP and in a browser: it is one world */
import { chromium, type Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { Command, Show } from '#protocol/mars';
import { elements, printXml, type XmlNode } from '../scenarios/runner/xml.ts';
import { bundle, CHROMIUM, isMissing } from '../support/browser-client.ts';
import { chat, type MarsClient, resumeBody } from '../support/mars-client.ts';
import { type MarsServer, startMars } from '../support/mars-server.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const NAMES = ['juliet', 'romeo', 'tybalt'] as const;
const jidOf = (name: string): string => `${name}@localhost`;

async function xmpp(mars: MarsServer, transport: RawTransport, name: string): Promise<RawClient> {
  const client = await connectRaw(transport, mars.server);
  await client.logIn(name, 'secret', transport);
  client.send("<iq xmlns='jabber:client' type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  client.send("<presence xmlns='jabber:client'/>");
  await client.ping();
  return client;
}

/** The next stanza from that bare JID with this name; those before are dropped. */
async function heard(client: RawClient, name: string, from: string, text: string): Promise<XmlNode> {
  for (;;) {
    const node = await client.find(name);
    if (node.attrs.from?.startsWith(jidOf(from)) && printXml(node).includes(text)) return node;
  }
}

async function pushed(client: MarsClient, from: string, text: string) {
  for (;;) {
    const body = await client.stanza(text);
    if (body.from.startsWith(jidOf(from))) return body;
  }
}

/** Everybody is subscribed to everybody. */
async function befriend(tcp: RawClient, ws: RawClient, game: MarsClient): Promise<void> {
  for (const type of ['subscribe', 'subscribed'] as const) {
    for (const [client, own] of [
      [tcp, 'juliet'],
      [ws, 'romeo'],
    ] as const) {
      for (const to of NAMES)
        if (to !== own) client.send(`<presence xmlns='jabber:client' type='${type}' to='${jidOf(to)}'/>`);
      await client.ping();
    }
    for (const to of ['juliet', 'romeo']) {
      const { error } = await game.ask(Command.presence, { to: jidOf(to), type });
      expect(error).toBeUndefined();
    }
    await tcp.ping();
    await ws.ping();
  }
}

it('contacts see and hear each other, whatever they speak', async () => {
  const mars = await startMars();
  const tcp = await xmpp(mars, 'tcp', 'juliet');
  const ws = await xmpp(mars, 'websocket', 'romeo');
  const game = await mars.connect();
  const login = await game.comeOnline('tybalt', { wantSession: true });
  await befriend(tcp, ws, game);
  for (const client of [tcp, ws]) await client.ping();
  await game.settled();
  game.take();

  // Presence, from each to the others
  tcp.send("<presence xmlns='jabber:client'><show>away</show><status>at the window</status></presence>");
  await heard(ws, 'presence', 'juliet', 'at the window');
  expect(await pushed(game, 'juliet', 'at the window')).toMatchObject({ payload: { value: { show: Show.AWAY } } });
  const value = { show: Show.DO_NOT_DISTURB, status: 'in a duel' };
  await game.ask(Command.presence, { payload: { case: 'presence', value } });
  expect(printXml(await heard(tcp, 'presence', 'tybalt', 'in a duel'))).toContain('dnd');
  await heard(ws, 'presence', 'tybalt', 'in a duel');

  // Chat, from each to the others
  for (const to of ['juliet', 'romeo']) await game.ask(Command.message, chat(jidOf(to), 'draw!', `m-${to}`));
  for (const client of [tcp, ws]) {
    const message = await heard(client, 'message', 'tybalt', 'draw!');
    expect(elements(message)[0]).toMatchObject({ name: 'body' });
  }
  for (const [client, name] of [
    [tcp, 'juliet'],
    [ws, 'romeo'],
  ] as const) {
    client.send(
      `<message xmlns='jabber:client' type='chat' id='x' to='${jidOf('tybalt')}'><body>peace</body></message>`,
    );
    expect(await pushed(game, name, 'peace')).toMatchObject({
      id: 'x',
      type: 'chat',
      payload: { value: { body: 'peace' } },
    });
  }

  // The link is cut: nobody sees it go, nothing is lost
  const { smSeq } = await lastPushed(game, tcp);
  const detached = new Promise<void>((resolve) => {
    mars.server.host.hooks.add('session:detached', 'observe', () => resolve());
  });
  game.destroy();
  await detached;
  for (const text of ['one', 'two', 'three']) {
    tcp.send(`<message xmlns='jabber:client' type='chat' to='${jidOf('tybalt')}'><body>${text}</body></message>`);
  }
  await tcp.ping();
  expect(await ws.ping()).toEqual([]);
  const back = await mars.connectWebSocket();
  const resumed = await back.ask(Command.resume, resumeBody(login, smSeq));
  expect(resumed.payload).toMatchObject({ case: 'resumed', value: { missed: 3 } });
  for (const text of ['one', 'two', 'three'])
    expect(await back.push()).toMatchObject({ payload: { value: { body: text } } });
  await back.push(Command.replayDone);
  expect(mars.server.host.sessions.of(Jid.parse(jidOf('tybalt')))).toHaveLength(1);

  // Its end is seen by all
  await back.ask(Command.logout);
  for (const client of [tcp, ws]) await heard(client, 'presence', 'tybalt', 'unavailable');
});

/** Everything that was pushed before this. */
async function lastPushed(game: MarsClient, tcp: RawClient) {
  tcp.send(`<message xmlns='jabber:client' type='chat' to='${jidOf('tybalt')}'><body>last</body></message>`);
  return pushed(game, 'juliet', 'last');
}

/** The page of a game, whose client is `client`; what it heard is asked for by `said` and `seen`. */
class GamePage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async logIn(mars: MarsServer, username: string): Promise<void> {
    const options = {
      servers: [`ws://127.0.0.1:${mars.server.port('websocket')}/xmpp-websocket`],
      domain: 'localhost',
      credentials: { username, password: 'secret' },
      serverKey: Buffer.from(mars.publicKey).toString('base64'),
    };
    await this.#page.goto(`http://127.0.0.1:${mars.server.port('websocket')}/`);
    await this.#page.addScriptTag({ content: await bundle() });
    await this.run(`
      window.heard = [];
      window.wake = () => {};
      const hear = (...what) => { heard.push(what.join(' ')); wake(); };
      window.client = await tharsis.connect(${JSON.stringify(options)}, (client) => {
        client.on('message', ({ body }, { from }) => hear(from, 'says', body));
        client.on('presence', ({ status }, { from, type }) => hear(from, type || 'available', status));
      });
      await client.setPresence();
    `);
  }

  /** A statement, in the page. */
  async run(code: string): Promise<void> {
    await this.#page.evaluate(`(async () => {${code}})()`);
  }

  /** Resolves when a line was heard that begins and ends so. */
  async until(from: string, end: string): Promise<void> {
    await this.run(`
      const is = (line) => line.startsWith(${JSON.stringify(from)}) && line.endsWith(${JSON.stringify(end)});
      while (!heard.some(is)) await new Promise((done) => { window.wake = done; });
    `);
  }
}

if (isMissing && process.env.CI === 'true') {
  it('Chromium is there for the game in a browser', () => {
    throw new Error(`${CHROMIUM} is missing: install Chromium, or name it in CHROMIUM`);
  });
}

describe.skipIf(isMissing)(`with a game in ${CHROMIUM}`, () => {
  it('four kinds of clients see and hear each other', async () => {
    const mars = await startMars();
    await mars.server.addUser('mercutio', 'secret');
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const tcp = await xmpp(mars, 'tcp', 'juliet');
      const ws = await xmpp(mars, 'websocket', 'romeo');
      const game = await mars.connect();
      await game.comeOnline('tybalt');
      await befriend(tcp, ws, game);
      const page = new GamePage(await (await browser.newContext({ bypassCSP: true })).newPage());
      await page.logIn(mars, 'mercutio');

      // The page and each of the others ask for each other's presence
      for (const [client, name] of [
        [tcp, 'juliet'],
        [ws, 'romeo'],
      ] as const) {
        for (const type of ['subscribe', 'subscribed']) {
          client.send(`<presence xmlns='jabber:client' type='${type}' to='${jidOf('mercutio')}'/>`);
        }
        await client.ping();
        for (const type of ['subscribe', 'subscribed']) {
          await page.run(`await client.setPresence({}, { type: '${type}', to: '${jidOf(name)}' })`);
        }
        // It has been asked by now.
        client.send(`<presence xmlns='jabber:client' type='subscribed' to='${jidOf('mercutio')}'/>`);
        await client.ping();
      }
      for (const type of ['subscribe', 'subscribed'] as const) {
        await game.ask(Command.presence, { to: jidOf('mercutio'), type });
        await page.run(`await client.setPresence({}, { type: '${type}', to: '${jidOf('tybalt')}' })`);
      }
      await game.ask(Command.presence, { to: jidOf('mercutio'), type: 'subscribed' });

      // Presence, from each to the others
      await page.run("await client.setPresence({ status: 'a plague' })");
      for (const client of [tcp, ws]) await heard(client, 'presence', 'mercutio', 'a plague');
      await pushed(game, 'mercutio', 'a plague');
      tcp.send("<presence xmlns='jabber:client'><status>at the window</status></presence>");
      ws.send("<presence xmlns='jabber:client'><status>below</status></presence>");
      const value = { status: 'in a duel' };
      await game.ask(Command.presence, { payload: { case: 'presence', value } });
      await page.until(jidOf('juliet'), 'available at the window');
      await page.until(jidOf('romeo'), 'available below');
      await page.until(jidOf('tybalt'), 'available in a duel');

      // Chat, from each to the others
      for (const to of NAMES)
        await page.run(`await client.sendMessage({ to: '${jidOf(to)}', body: 'on both houses' })`);
      for (const client of [tcp, ws]) await heard(client, 'message', 'mercutio', 'on both houses');
      await pushed(game, 'mercutio', 'on both houses');
      for (const client of [tcp, ws]) {
        client.send(`<message xmlns='jabber:client' type='chat' to='${jidOf('mercutio')}'><body>alas</body></message>`);
      }
      await game.ask(Command.message, chat(jidOf('mercutio'), 'alas'));
      for (const name of NAMES) await page.until(jidOf(name), 'says alas');

      // Its end is seen by all
      await page.run('await client.close()');
      for (const client of [tcp, ws]) await heard(client, 'presence', 'mercutio', 'unavailable');
      expect((await pushed(game, 'mercutio', 'unavailable')).type).toBe('unavailable');
    } finally {
      await browser.close();
    }
  }, 60_000);
});
