/** The page /chat in a real browser: two users of converse.js chat, and nobody else hears of it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { CLOSE, WebSocketClient } from '../support/websocket-client.ts';
import { CHROMIUM, isMissing, launchBrowser, User } from './chat-user.ts';
import { WeakLink } from './weak-link.ts';

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
    browser = await launchBrowser();
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
