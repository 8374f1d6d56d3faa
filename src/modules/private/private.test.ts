import { beforeEach, expect, test } from 'vitest';
import { type Element, ns, StanzaError } from '#core';
import privateStorage from '#modules/private';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';

const query = ns('jabber:iq:private');
const prefs = ns('exodus:prefs');
const storage = ns('storage:bookmarks');

let server: TestHost;
let hamlet: TestClient;

beforeEach(async () => {
  server = await TestHost.start([[privateStorage, { max_elements: 2, max_bytes: 1_024 }]], ['hamlet', 'macbeth']);
  hamlet = server.connect('hamlet', 'denmark');
});

const store = (...elements: Element[]) => hamlet.request('set', query('query', {}, elements));
const read = async (element: Element) => (await hamlet.request('get', query('query', {}, element))).payload?.toString();
const holding = (element: Element) => query('query', {}, element).toString();

test('what was stored comes back, from another session too', async () => {
  const stored = prefs('exodus', {}, prefs('defaultnick', {}, 'Hamlet'));
  expect((await store(stored)).type).toBe('result');
  hamlet.session.disconnected();
  hamlet = server.connect('hamlet', 'norway');
  expect(await read(prefs('exodus'))).toBe(holding(stored));
});

test('what was never stored comes back empty', async () => {
  expect(await read(prefs('exodus'))).toBe(holding(prefs('exodus')));
});

test('one set stores several elements', async () => {
  await store(prefs('a', {}, '1'), prefs('b', {}, '2'));
  expect(await read(prefs('a'))).toBe(holding(prefs('a', {}, '1')));
  expect(await read(prefs('b'))).toBe(holding(prefs('b', {}, '2')));
});

test.each([
  ['nothing', [], 'not-acceptable'],
  ['an element in the namespace of the query', [query('x')], 'not-acceptable'],
  ['an element that is too large', [prefs('x', {}, 'x'.repeat(1_100))], 'not-acceptable'],
  ['an element too many', [prefs('a'), prefs('b'), prefs('c')], 'resource-constraint'],
])('a set of %s is refused and stores nothing', async (_what, elements, condition) => {
  expect(StanzaError.from(await store(...elements)).condition).toBe(condition);
  expect(await server.host.stores.map('private').owners()).toEqual([]);
});

test('a full store still takes what it has', async () => {
  await store(prefs('a'), storage('storage'));
  expect((await store(prefs('a', {}, 'new'))).type).toBe('result');
  expect(StanzaError.from(await store(prefs('c'))).condition).toBe('resource-constraint');
});

test.each([
  ['nothing', []],
  ['two elements', [prefs('a'), prefs('b')]],
])('a get of %s is bad-request', async (_what, elements) => {
  const answer = await hamlet.request('get', query('query', {}, elements));
  expect(StanzaError.from(answer).condition).toBe('bad-request');
});

test.each(['get', 'set'] as const)('a %s at the account of somebody else is forbidden', async (type) => {
  const answer = await hamlet.request(type, query('query', {}, prefs('exodus')), 'macbeth@example.com');
  expect(StanzaError.from(answer).condition).toBe('forbidden');
});

test('what is kept for an account goes with it', async () => {
  await store(prefs('a'));
  await server.host.deleteAccount('hamlet');
  expect(await server.host.stores.map('private').owners()).toEqual([]);
});
