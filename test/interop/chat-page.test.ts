/** The page /chat in a real browser: two users of converse.js chat, and nobody else hears of it. */
import { existsSync, mkdirSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { CLOSE, WebSocketClient } from '../support/websocket-client.ts';
import { WeakLink } from './weak-link.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const isMissing = !existsSync(CHROMIUM);

if (isMissing && process.env.CI === 'true') {
  it('Chromium is there for the chat page', () => {
    throw new Error(`${CHROMIUM} is missing: install Chromium, or name it in CHROMIUM`);
  });
}

describe.skipIf(isMissing)(`the chat page in ${CHROMIUM}`, () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await createTestServer({ config: { hosts: { 'example.org': {} }, auth: { plain_without_tls: true } } });
    for (const name of ['juliet', 'romeo']) await server.addUser(name, 'secret');
    await makeFriends(server);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  }, 30_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('lets two users chat, and asks no other server for anything', async () => {
    const juliet = await User.logIn(browser, server, 'juliet');
    const romeo = await User.logIn(browser, server, 'romeo');
    await juliet.openChat('romeo@example.org');
    await romeo.openChat('juliet@example.org');
    for (const [speaker, listener, text] of [
      [juliet, romeo, 'Art thou not Romeo and a Montague?'],
      [romeo, juliet, 'Neither, fair saint, if either thee dislike.'],
      [juliet, romeo, 'How cam’st thou hither, tell me, and wherefore?'],
      [romeo, juliet, 'With love’s light wings did I o’er-perch these walls.'],
    ] as const) {
      await speaker.say(text);
      await listener.sees(text);
    }
    if (process.env.UPDATE_SCREENSHOTS === '1') await juliet.screenshot('docs/images/chat.png');
    for (const { strangers, violations } of [juliet, romeo]) {
      expect(strangers).toEqual([]);
      expect(violations).toEqual([]);
    }
  }, 60_000);

  it('shows what a user says and hears at another page of his, too', async () => {
    const juliet = await User.logIn(browser, server, 'juliet');
    const [home, garden] = [await User.logIn(browser, server, 'romeo'), await User.logIn(browser, server, 'romeo')];
    await juliet.openChat('romeo@example.org');
    for (const page of [home, garden]) await page.openChat('juliet@example.org');
    await home.say('I take thee at thy word.');
    for (const page of [juliet, garden]) await page.sees('I take thee at thy word.');
    await garden.say('Call me but love.');
    for (const page of [juliet, home]) await page.sees('Call me but love.');
    await juliet.say('By whose direction found’st thou out this place?');
    for (const page of [home, garden]) await page.sees('By whose direction found’st thou out this place?');
  }, 60_000);

  it('shows on a new page what was said before, once', async () => {
    const [juliet, home] = [await User.logIn(browser, server, 'juliet'), await User.logIn(browser, server, 'romeo')];
    await juliet.openChat('romeo@example.org');
    await home.openChat('juliet@example.org');
    await juliet.say('Good night, good night!');
    await home.sees('Good night, good night!');
    await home.say('Sleep dwell upon thine eyes.');
    await juliet.sees('Sleep dwell upon thine eyes.');
    const garden = await User.logIn(browser, server, 'romeo');
    await garden.openChat('juliet@example.org');
    for (const text of ['Good night, good night!', 'Sleep dwell upon thine eyes.']) {
      await garden.sees(text);
      for (const page of [juliet, home, garden]) expect(await page.count(text)).toBe(1);
    }
  }, 60_000);

  it('goes on when its link is cut, and shows each message once', async () => {
    const events: string[] = [];
    for (const event of ['session:detached', 'session:resumed', 'session:bound', 'session:unavailable'] as const) {
      server.host.hooks.add(event, 'observe', () => void events.push(event));
    }
    const link = await WeakLink.to(server.port('websocket'));
    try {
      const juliet = await User.logIn(browser, server, 'juliet', link.port);
      const romeo = await User.logIn(browser, server, 'romeo');
      await juliet.openChat('romeo@example.org');
      await romeo.openChat('juliet@example.org');
      await romeo.say('Lady, by yonder blessed moon I swear');
      await juliet.sees('Lady, by yonder blessed moon I swear');
      events.length = 0;
      link.cut(true);
      await romeo.say('That tips with silver all these fruit-tree tops');
      await juliet.sees('That tips with silver all these fruit-tree tops');
      await juliet.say('O, swear not by the moon');
      await romeo.sees('O, swear not by the moon');
      for (const page of [juliet, romeo]) {
        expect(await page.count('Lady, by yonder blessed moon I swear')).toBe(1);
        expect(await page.count('That tips with silver all these fruit-tree tops')).toBe(1);
        expect(await page.count('O, swear not by the moon')).toBe(1);
      }
      expect(events).toEqual(['session:detached', 'session:resumed']);
    } finally {
      link.close();
    }
  }, 60_000);
});

/** Each gets the presence of the other: both approve beforehand (RFC 6121 §3.4), then both ask. */
async function makeFriends(server: TestServer): Promise<void> {
  const url = `ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket`;
  const [juliet, romeo] = await Promise.all([WebSocketClient.connect(url), WebSocketClient.connect(url)]);
  await Promise.all([juliet.login('juliet'), romeo.login('romeo')]);
  for (const type of ['subscribed', 'subscribe']) {
    await tell(juliet, type, 'romeo@example.org');
    await tell(romeo, type, 'juliet@example.org');
  }
  juliet.send(CLOSE);
  romeo.send(CLOSE);
  await Promise.all([juliet.closed, romeo.closed]);
}

/** Stanzas are worked off in order, so the answer to a ping says that the presence was. */
async function tell(client: WebSocketClient, type: string, to: string): Promise<void> {
  client.send(
    `<presence xmlns="jabber:client" type="${type}" to="${to}"/>`,
    `<iq xmlns="jabber:client" type="get" id="${type}"><ping xmlns="urn:xmpp:ping"/></iq>`,
  );
  while (!(await client.next()).startsWith('<iq ')) {}
}

/** A user at a browser of his own. */
class User {
  readonly #page: Page;
  /** What was asked of others than the server. */
  readonly strangers: string[] = [];
  /** What the content security policy forbade. */
  readonly violations: string[] = [];

  private constructor(page: Page, authority: string) {
    this.#page = page;
    const note = (url: string): void => {
      const { host, protocol } = new URL(url);
      if (host !== authority && protocol !== 'data:' && protocol !== 'blob:') this.strangers.push(url);
    };
    page.on('request', (request) => note(request.url()));
    page.on('websocket', (socket) => note(socket.url()));
    page.on('console', (line) => {
      if (/content security policy/i.test(line.text())) this.violations.push(line.text());
    });
  }

  static async logIn(
    browser: Browser,
    server: TestServer,
    name: string,
    port = server.port('websocket'),
  ): Promise<User> {
    const context = await browser.newContext({ viewport: { width: 1_100, height: 700 }, locale: 'en' });
    const page = await context.newPage();
    const authority = `127.0.0.1:${port}`;
    const user = new User(page, authority);
    await page.goto(`http://${authority}/chat`);
    await page.fill('input[name=jid]', name);
    await page.fill('input[name=password]', 'secret');
    await page.click('input[type=submit], button[type=submit]');
    await page.waitForSelector('converse-user-profile .userinfo');
    return user;
  }

  async openChat(contact: string): Promise<void> {
    await this.#page.click(`a.open-chat[data-jid="${contact}"]`);
    await this.#page.waitForSelector('.chat-textarea');
  }

  async say(text: string): Promise<void> {
    await this.#page.fill('.chat-textarea', text);
    await this.#page.press('.chat-textarea', 'Enter');
    await this.sees(text);
  }

  async sees(text: string): Promise<void> {
    await this.#page.locator('.chat-msg__text', { hasText: text }).waitFor();
  }

  async count(text: string): Promise<number> {
    return this.#page.locator('.chat-msg__text', { hasText: text }).count();
  }

  async screenshot(path: string): Promise<void> {
    mkdirSync('docs/images', { recursive: true });
    await this.#page.screenshot({ path });
  }
}
