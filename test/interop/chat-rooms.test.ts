/** Rooms on the page /chat: converse.js in a real browser makes one, invites, kicks, moderates, and reads what was said before. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { CHROMIUM, isMissing, launchBrowser, User } from './chat-user.ts';

describe.skipIf(isMissing)(`rooms on the chat page in ${CHROMIUM}`, () => {
  let server: TestServer;
  let browser: Browser;

  beforeAll(async () => {
    server = await createTestServer({ config: { hosts: { 'example.org': {} }, auth: { plain_without_tls: true } } });
    for (const name of ['juliet', 'romeo', 'nurse']) await server.addUser(name, 'secret');
    browser = await launchBrowser();
  }, 30_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it('are made, configured and talked in; somebody is invited, kicked, and what he said is taken back', async () => {
    const juliet = await User.logIn(browser, server, 'juliet');
    const romeo = await User.logIn(browser, server, 'romeo');
    await juliet.createRoom('garden', 'Juliet');
    await juliet.configureRoom({ roomname: 'The Garden', persistentroom: true });
    await juliet.reads('The Garden');
    await juliet.invite('romeo@example.org');
    await romeo.acceptInvitation('Romeo');
    await juliet.say('O Romeo, Romeo!');
    await romeo.sees('O Romeo, Romeo!');
    await romeo.say('Shall I hear more?');
    await juliet.sees('Shall I hear more?');

    await juliet.moderate('Shall I hear more?');
    for (const user of [juliet, romeo]) {
      await user.reads(/has removed a message/);
      expect(await user.count('Shall I hear more?')).toBe(0);
    }
    await juliet.kick('Romeo');
    await romeo.reads(/You have been kicked/);

    const nurse = await User.logIn(browser, server, 'nurse');
    await nurse.createRoom('garden', 'Nurse');
    await nurse.sees('O Romeo, Romeo!');
    expect(await nurse.count('Shall I hear more?')).toBe(0);
    for (const { strangers, violations } of [juliet, romeo, nurse]) {
      expect(strangers).toEqual([]);
      expect(violations).toEqual([]);
    }
  }, 120_000);
});
