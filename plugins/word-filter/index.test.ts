import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Agent, createClient } from 'stanza';
import { createTestServer, type TestServer } from 'tharsis/testing';
import { afterEach, expect, test } from 'vitest';
import wordFilter from './index.ts';

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

test('ten thousand words come from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'words-'));
  const words = Array.from({ length: 10_000 }, (_, n) => `word${n}`);
  const file = join(folder, 'words.txt');
  await writeFile(file, ['# not these', '', ...words].join('\r\n'));
  const said = await start({ file });
  await rm(folder, { recursive: true });
  expect(await said('word9999 word10000 not these')).toBe('******** word10000 not these');
});
