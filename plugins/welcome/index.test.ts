import { type Agent, createClient } from 'stanza';
import { createTestServer, type TestServer } from 'tharsis/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import welcome from './index.ts';

let server: TestServer;
let clients: Agent[];

beforeEach(async () => {
  clients = [];
  server = await createTestServer({
    plugins: [welcome],
    config: { hosts: { localhost: { modules: { roster: {}, presence: {}, ping: {}, welcome: { text: 'Hello' } } } } },
  });
});

afterEach(async () => {
  for (const each of clients) each.disconnect();
  await server.stop();
});

/** Logs in and comes online: the bodies of what came until the server answered a ping after that. */
async function greetings(username: string): Promise<(string | undefined)[]> {
  const bodies: (string | undefined)[] = [];
  const each = createClient({
    jid: `${username}@${server.domain}`,
    password: 'secret',
    autoReconnect: false,
    transports: { websocket: `ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket`, bosh: false },
  });
  clients.push(each);
  each.on('message', ({ body }) => bodies.push(body));
  await new Promise((resolve, reject) => {
    each.on('session:started', resolve);
    each.on('disconnected', reject);
    each.connect();
  });
  each.sendPresence();
  await each.ping(server.domain);
  return bodies;
}

test('a new account is greeted when it is available for the first time, and only then', async () => {
  await server.addUser('juliet', 'secret');
  expect(await greetings('juliet')).toEqual(['Hello']);
  expect(await greetings('juliet')).toEqual([]);
});

test('an account that was there before the plugin is not greeted', async () => {
  await server.host.accounts.create({ username: 'nurse', password: 'secret' });
  expect(await greetings('nurse')).toEqual([]);
});

test('nothing is kept for an account that was deleted', async () => {
  await server.addUser('juliet', 'secret');
  await server.host.deleteAccount('juliet');
  expect(await server.host.stores.map('welcome').owners()).toEqual([]);
});
