import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createClient } from 'stanza';
import { createTestServer, type TestServer } from 'tharsis/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { printXml } from '../../test/scenarios/runner/xml.ts';
import { connectRaw } from '../../test/support/raw-client.ts';
import wordFilter from './index.ts';

const PLAIN = {
  auth: { plain_without_tls: true },
  listeners: [{ transport: 'tcp', address: '127.0.0.1', port: 0, tls: 'off' }],
};

let server: TestServer;
const clients: Agent[] = [];

afterEach(async () => {
  for (const each of clients.splice(0)) each.disconnect();
  await server.stop();
});

async function start(config: object): Promise<(body: string) => Promise<string>> {
  const modules = { roster: {}, presence: {}, 'word-filter': config };
  server = await createTestServer({ plugins: [wordFilter], config: { hosts: { localhost: { modules } } } });
  const [romeo, juliet] = await Promise.all([logIn('romeo'), logIn('juliet')]);
  juliet.sendPresence();
  await new Promise((resolve) => juliet.once('presence', resolve));
  return (body) =>
    new Promise((resolve) => {
      juliet.once('message', (message) => resolve(message.body ?? ''));
      romeo.once('message:error', ({ error }) => resolve(error?.condition ?? ''));
      romeo.sendMessage({ to: `juliet@${server.domain}`, body });
    });
}

async function logIn(username: string): Promise<Agent> {
  await server.addUser(username, 'secret');
  const client = createClient({
    jid: `${username}@${server.domain}`,
    password: 'secret',
    autoReconnect: false,
    transports: { websocket: `ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket`, bosh: false },
  });
  clients.push(client);
  await new Promise((resolve, reject) => {
    client.on('session:started', resolve);
    client.on('disconnected', reject);
    client.connect();
  });
  return client;
}

test('words are masked whatever their case, width and accents’ form, and only where they are whole words', async () => {
  const said = await start({ words: ['heck', 'darn it', 'Straße', 'café'] });
  expect(await said('What the HECK, darn it!')).toBe('What the ****, *******!');
  expect(await said('ｈｅｃｋ in STRASSE, and cafe\u0301')).toBe('**** in *******, and *****');
  expect(await said('a heckler, a check')).toBe('a heckler, a check');
});

test('or the sender gets the message back', async () => {
  const said = await start({ words: ['heck'], action: 'refuse' });
  expect(await said('heck')).toBe('not-acceptable');
  expect(await said('hello')).toBe('hello');
});

describe('what is formatted', () => {
  const xhtml = (html: string) =>
    `<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>${html}</body></html>`;

  async function said(config: object, body: string, html: string): Promise<string> {
    const modules = { 'word-filter': config };
    server = await createTestServer({ plugins: [wordFilter], config: { hosts: { localhost: { modules } }, ...PLAIN } });
    const romeo = await connectRaw('tcp', server);
    await server.addUser('romeo', 'secret');
    const jid = await romeo.logIn('romeo', 'secret');
    romeo.send(`<message xmlns='jabber:client' to='${jid}'><body>${body}</body>${xhtml(html)}</message>`);
    const told = printXml(await romeo.find('message'));
    romeo.destroy();
    return told;
  }

  test.each([
    ['in both', 'what the heck', '<p>what the <em>heck</em></p>', 'what the ****'],
    ['there alone', 'hello', '<p>heck</p><p>no</p>', 'hello'],
    ['there, from one element to the next', 'hello', '<p>he<strong>ck</strong><br/>no</p>', 'hello'],
  ])('is left out where a word is %s', async (_, body, html, plain) => {
    const told = await said({ words: ['heck'] }, body, html);
    expect(told).toContain(`>${plain}<`);
    expect(told).not.toContain('html');
  });

  test('goes with the message where no word is caught', async () => {
    expect(await said({ words: ['heck'] }, 'heckler', '<p>heck<em>ler</em></p>')).toContain('<em');
  });

  test('is a reason to give the message back', async () => {
    expect(await said({ words: ['heck'], action: 'refuse' }, 'hello', '<p>heck</p>')).toContain('not-acceptable');
  });
});

test('ten thousand words come from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'words-'));
  const words = Array.from({ length: 10_000 }, (_, n) => `word${n}`);
  const file = join(folder, 'words.txt');
  await writeFile(file, ['# not these', '', ...words].join('\r\n'));
  const said = await start({ file });
  await rm(folder, { recursive: true });
  expect(await said('word9999 word10000 not these')).toBe('******** word10000 not these');
});
