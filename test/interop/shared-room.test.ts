/** XEP-0045 between an XMPP client over TCP, one over WebSocket, a game client and one in a browser: it is one room */
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import { type Body, type BodyInit, Command, Show } from '#protocol/mars';
import { elements, printXml, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { bundle, CHROMIUM, isMissing } from '../support/browser-client.ts';
import { type MarsClient, textOf as textOfBody } from '../support/mars-client.ts';
import { type MarsServer, startMars } from '../support/mars-server.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const ROOM = 'balcony@conference.localhost';
const ROUNDS = 5;

let browser: Browser | undefined;
afterEach(() => browser?.close());

async function xmpp(mars: MarsServer, transport: RawTransport, name: string): Promise<RawClient> {
  const client = await connectRaw(transport, mars.server);
  await client.logIn(name, 'secret', transport);
  client.send("<presence xmlns='jabber:client'/>");
  await client.ping();
  return client;
}

async function enter(client: RawClient, nick: string): Promise<void> {
  client.send(
    `<presence xmlns='jabber:client' to='${ROOM}/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`,
  );
  await until(client, 'presence', "code='110'");
}

/** The next stanza of this kind with this in it; those before are dropped. */
async function until(client: RawClient, name: string, text: string): Promise<XmlNode> {
  for (;;) {
    const node = await client.find(name);
    if (printXml(node).includes(text)) return node;
  }
}

function sayAs(client: RawClient, text: string): void {
  client.send(
    `<message xmlns='jabber:client' type='groupchat' id='${text}' to='${ROOM}'><body>${text}</body></message>`,
  );
}

/** What was said, in the order in which it came. */
async function heardBy(client: RawClient, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const body = elements(await client.find('message')).find(({ name }) => name === 'body');
    if (body !== undefined) texts.push(textOf(body));
  }
  return texts;
}

const room = (action: object): BodyInit => ({ payload: { case: 'room', value: { room: ROOM, action } } }) as BodyInit;

/** The same of a game client: what it said itself is where its answer is. */
async function heardByGame(game: MarsClient, own: ReadonlyMap<number, string>, count: number): Promise<string[]> {
  const texts: string[] = [];
  while (texts.length < count) {
    const { seq, body } = await game.next();
    const text = seq === 0 ? bodyOf(body) : own.get(seq);
    if (text !== undefined) texts.push(text);
  }
  return texts;
}

function bodyOf({ payload }: Body): string | undefined {
  return payload.case === 'message' ? payload.value.body : undefined;
}

/** A page with a client of `name`, which keeps what it hears. */
async function openPage(mars: MarsServer, name: string): Promise<Page> {
  browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
  const page = await (await browser.newContext({ bypassCSP: true })).newPage();
  const port = mars.server.port('websocket');
  await page.goto(`http://127.0.0.1:${port}/`);
  await page.addScriptTag({ content: await bundle() });
  const options = {
    servers: [`ws://127.0.0.1:${port}/xmpp-websocket`],
    domain: 'localhost',
    credentials: { username: name, password: 'secret' },
    serverKey: Buffer.from(mars.publicKey).toString('base64'),
  };
  await page.evaluate(`(async () => {
    globalThis.heard = [];
    globalThis.client = await tharsis.connect(${JSON.stringify(options)}, (client) => {
      client.on('message', ({ body, subject }, { from }) => heard.push([from, body ?? subject]));
      client.on('presence', ({ status }, { from, type, ext }) =>
        heard.push([from, type, status, ...ext.flatMap(({ xml }) => xml.match(/code="\\d+"/g) ?? [])]));
    });
    await client.setPresence();
  })()`);
  return page;
}

async function pageHears(page: Page, text: string): Promise<void> {
  await page.waitForFunction(`heard.some((one) => JSON.stringify(one).includes(${JSON.stringify(text)}))`);
}

describe.skipIf(isMissing)('a room', () => {
  it('is the same for all four: messages in one order, presence, subject, a kick', async () => {
    const mars = await startMars();
    await mars.server.addUser('nurse', 'secret');
    const tcp = await xmpp(mars, 'tcp', 'juliet');
    const ws = await xmpp(mars, 'websocket', 'romeo');
    const game = await mars.connect();
    await game.comeOnline('tybalt');
    const page = await openPage(mars, 'nurse');

    await enter(tcp, 'Juliet');
    tcp.send(
      `<iq xmlns='jabber:client' type='set' id='open' to='${ROOM}'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`,
    );
    await until(tcp, 'iq', 'open');
    await enter(ws, 'Romeo');
    const entered = await game.ask(Command.room, room({ case: 'join', value: { nick: 'Tybalt' } }));
    expect(entered.payload).toMatchObject({
      case: 'roomResult',
      value: { self: { nick: 'Tybalt', role: 'participant' }, occupants: [{ nick: 'Juliet' }, { nick: 'Romeo' }] },
    });
    const there = await page.evaluate(
      `client.rooms.join('${ROOM}', { nick: 'Nurse' }).then(({ occupants }) => occupants.map(({ nick }) => nick))`,
    );
    expect(there).toEqual(['Juliet', 'Romeo', 'Tybalt']);
    for (const client of [tcp, ws]) await until(client, 'presence', `${ROOM}/Nurse`);
    await game.stanza(`${ROOM}/Nurse`);

    // All speak at once
    const own = new Map<number, string>();
    const said = page.evaluate(`(async () => {
      const sent = Array.from({ length: ${ROUNDS} }, (_, i) =>
        client.sendMessage({ to: '${ROOM}', type: 'groupchat', body: 'nurse ' + i }));
      return (await Promise.all(sent)).map(({ stanzaId }) => stanzaId);
    })()`);
    for (let i = 0; i < ROUNDS; i++) {
      sayAs(tcp, `juliet ${i}`);
      sayAs(ws, `romeo ${i}`);
      const text = `tybalt ${i}`;
      const value = { body: text };
      const seq = game.send(Command.message, {
        ...{ id: text, to: ROOM, type: 'groupchat' },
        payload: { case: 'message', value },
      });
      own.set(seq, text);
    }
    const order = await heardBy(tcp, 4 * ROUNDS);
    expect(new Set(order).size).toBe(4 * ROUNDS);
    expect(await heardBy(ws, 4 * ROUNDS)).toEqual(order);
    expect(await heardByGame(game, own, 4 * ROUNDS)).toEqual(order);
    const archived = (await said) as (string | undefined)[];
    expect(archived.every((id) => id !== undefined)).toBe(true);
    const others = order.filter((text) => !text.startsWith('nurse'));
    await page.waitForFunction(`heard.filter(([, text]) => / \\d$/.test(text)).length >= ${others.length}`);
    expect(await page.evaluate(`heard.map(([, text]) => text).filter((text) => / \\d$/.test(text))`)).toEqual(others);
    // … and the archive, where its own words are among those of the others
    expect(
      await page.evaluate(`(async () => {
        const texts = [];
        for await (const { payload } of client.history({ room: '${ROOM}' })) texts.push(payload.value.body);
        return texts;
      })()`),
    ).toEqual(order);

    // Presence
    const value = { show: Show.AWAY, status: 'seeking Romeo' };
    await game.ask(Command.presence, { to: `${ROOM}/Tybalt`, payload: { case: 'presence', value } });
    for (const client of [tcp, ws])
      expect(printXml(await until(client, 'presence', 'seeking Romeo'))).toContain('away');
    await pageHears(page, 'seeking Romeo');

    // Subject
    tcp.send(`<message xmlns='jabber:client' type='groupchat' to='${ROOM}'><subject>Banishment</subject></message>`);
    for (const client of [tcp, ws]) await until(client, 'message', 'Banishment');
    expect(await game.stanza('Banishment')).toMatchObject({ from: `${ROOM}/Juliet` });
    await pageHears(page, 'Banishment');

    // A kick
    tcp.send(
      `<iq xmlns='jabber:client' type='set' id='kick' to='${ROOM}'><query xmlns='http://jabber.org/protocol/muc#admin'><item nick='Tybalt' role='none'/></query></iq>`,
    );
    expect(textOfBody(await game.stanza('"unavailable"'))).toContain('307');
    for (const client of [tcp, ws]) {
      expect(printXml(await until(client, 'presence', 'unavailable'))).toMatch(/Tybalt.*307/s);
    }
    await pageHears(page, '307');
    const late = await game.ask(Command.message, {
      ...{ to: ROOM, type: 'groupchat' },
      payload: { case: 'message', value: { body: 'again?' } },
    });
    expect(late.error).toMatchObject({ condition: 'not-acceptable' });
  }, 60_000);
});
