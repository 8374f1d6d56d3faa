/** A user of the page /chat, in a real browser */
import { existsSync, mkdirSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { TestServer } from '../../src/testing.ts';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export const isMissing = !existsSync(CHROMIUM);

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
}

/** A user at a browser of his own. */
export class User {
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

  /** Makes a room on the service that the page finds by itself; its name is what the room is called. */
  async createRoom(name: string, nick: string): Promise<void> {
    await this.#choose('.show-add-muc-modal');
    const form = this.#page.locator('converse-add-muc-modal form');
    await form.locator('input[name=chatroom]').fill(name);
    await form.locator('input[name=nickname]').fill(nick);
    await form.locator('input[type=submit]').click();
    await this.#inRoom();
  }

  async #inRoom(): Promise<void> {
    await this.#page.locator('converse-muc .chat-textarea').waitFor();
  }

  /** Fills in fields of the room's form, by their names: a text, or whether a box is checked. */
  async configureRoom(fields: Readonly<Record<string, string | boolean>>): Promise<void> {
    await this.#choose('.configure-chatroom-button');
    const form = this.#page.locator('converse-muc-config-modal form');
    for (const [name, value] of Object.entries(fields)) {
      const field = form.locator(`[name="muc#roomconfig_${name}"]`);
      if (typeof value === 'string') await field.fill(value);
      else await field.setChecked(value);
    }
    await form.locator('input[type=submit]').click();
    await form.waitFor({ state: 'hidden' });
  }

  /** An entry of a menu, by its class. */
  async #choose(entry: string): Promise<void> {
    const menu = this.#page.locator('converse-dropdown', { has: this.#page.locator(entry) }).first();
    await menu.locator('button').first().click();
    await menu.locator(entry).click();
  }

  async invite(jid: string): Promise<void> {
    await this.#choose('.open-invite-modal');
    const form = this.#page.locator('converse-muc-invite-modal form');
    await form.locator('input[name=invitee_jids]').fill(jid);
    await form.locator('input[type=submit]').click();
  }

  async acceptInvitation(nick: string): Promise<void> {
    await this.confirm();
    const form = this.#page.locator('.muc-nickname-form form');
    await form.locator('input[name=nick]').fill(nick);
    await form.locator('input[type=submit]').click();
    await this.#inRoom();
  }

  async confirm(): Promise<void> {
    await this.#page.locator('form.confirm button[type=submit]').click();
  }

  async kick(nick: string): Promise<void> {
    await this.#page.fill('.chat-textarea', `/kick ${nick}`);
    await this.#page.press('.chat-textarea', 'Enter');
  }

  async moderate(text: string): Promise<void> {
    const message = this.#page.locator('.chat-msg', { hasText: text });
    await message.hover();
    await message.locator('converse-dropdown button').first().click();
    await message.locator('.chat-msg__action-retract').click();
    await this.confirm();
  }

  /** Somewhere on the page. */
  async reads(text: string | RegExp): Promise<void> {
    await this.#page.getByText(text).first().waitFor();
  }

  async screenshot(path: string): Promise<void> {
    mkdirSync('docs/images', { recursive: true });
    await this.#page.screenshot({ path });
  }
}
