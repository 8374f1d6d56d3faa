import { presence } from 'tharsis/plugin';
import { expect, test } from 'vitest';
import { type TestClient, TestHost } from '../../test/support/test-host.ts';
import plugin from './index.ts';

const [welcome] = plugin.modules;
if (welcome === undefined) throw new Error('the plugin has no module');

test('a new account is greeted when it is available for the first time, and only then', async () => {
  const server = await TestHost.start([[welcome, { text: 'Hello' }]], []);
  const user = await server.host.createAccount('juliet', 'secret');
  const juliet = server.connect('juliet', 'balcony');
  await available(juliet);
  const [greeting, ...more] = juliet.takeStanzas();
  expect(more).toEqual([]);
  expect(greeting?.from?.toString()).toBe('example.com');
  expect(greeting?.to?.bare().equals(user)).toBe(true);
  expect(greeting?.childText('body')).toBe('Hello');
  await available(juliet);
  expect(juliet.takeStanzas()).toEqual([]);
});

test('of two sessions that come at once one is greeted', async () => {
  const server = await TestHost.start([welcome], ['juliet']);
  const clients = [server.connect('juliet', 'balcony'), server.connect('juliet', 'chamber')];
  await Promise.all(clients.map((client) => available(client)));
  expect(clients.flatMap((client) => client.takeStanzas())).toHaveLength(1);
});

test('an account that was there before the plugin is not greeted', async () => {
  const server = await TestHost.start([welcome], []);
  await server.host.accounts.create({ username: 'nurse', password: 'secret' });
  const nurse = server.connect('nurse', 'hall');
  await available(nurse);
  expect(nurse.takeStanzas()).toEqual([]);
});

test('nothing is kept for an account that was deleted', async () => {
  const server = await TestHost.start([welcome], ['juliet']);
  await server.host.deleteAccount('juliet');
  expect(await server.host.stores.map('welcome').owners()).toEqual([]);
});

async function available(client: TestClient) {
  const { session } = client;
  await session.host.hooks.notify('session:available', { session, presence: presence({ from: session.jid }) });
}
