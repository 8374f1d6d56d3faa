import { beforeEach, expect, test } from 'vitest';
import { defineModule, type Element, type Iq, ns, StanzaError } from '#core';
import disco from '#modules/disco';
import roster from '#modules/roster';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';

const info = ns('http://jabber.org/protocol/disco#info');
const items = ns('http://jabber.org/protocol/disco#items');

const shelf = defineModule({
  name: 'shelf',
  requires: [disco],
  setup(host) {
    host.feature('urn:example:books', ['host', 'account']);
    host
      .use(disco)
      .onNode((node) =>
        node === 'books'
          ? { identities: [{ category: 'hierarchy', type: 'leaf' }], features: ['urn:example:read'] }
          : undefined,
      );
  },
});

const featuresOf = (answer: Iq) => answer.payload?.elements('feature').map((feature) => feature.attr('var'));
const identitiesOf = (answer: Iq) =>
  answer.payload?.elements('identity').map((identity) => `${identity.attr('category')}/${identity.attr('type')}`);
const outcome = (answer: Iq) => (answer.type === 'error' ? StanzaError.from(answer).condition : 'result');

let server: TestHost;
let romeo: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, disco, shelf], ['romeo', 'juliet', 'nurse']);
  romeo = server.connect('romeo', 'orchard');
  await letSee('nurse', 'romeo@example.com');
});

/** `user` lets `contact` see the own presence. */
async function letSee(user: string, contact: string) {
  const store = server.host.stores.map<Element | object>('roster');
  await store.update(user, contact, () => ({ listed: true, subscription: 'from', version: 1 }));
}

test('the host is a server/im with the features of its modules', async () => {
  const answer = await romeo.request('get', info('query'), 'example.com');
  expect(identitiesOf(answer)).toEqual(['server/im']);
  expect(featuresOf(answer)).toEqual([
    'http://jabber.org/protocol/disco#info',
    'http://jabber.org/protocol/disco#items',
    'urn:example:books',
  ]);
});

test('a node of a module is answered with the node in the result', async () => {
  const answer = await romeo.request('get', info('query', { node: 'books' }), 'example.com');
  expect(answer.payload?.attr('node')).toBe('books');
  expect(identitiesOf(answer)).toEqual(['hierarchy/leaf']);
  expect(featuresOf(answer)).toEqual(['urn:example:read']);
});

test.each([
  ['info', info('query', { node: 'x' })],
  ['items', items('query', { node: 'x' })],
])('%s of an unknown node of the host is item-not-found', async (_kind, query) => {
  expect(outcome(await romeo.request('get', query, 'example.com'))).toBe('item-not-found');
});

test('the host has no items', async () => {
  const answer = await romeo.request('get', items('query'), 'example.com');
  expect(answer.payload?.toString()).toBe('<query xmlns="http://jabber.org/protocol/disco#items"/>');
});

test.each([
  ['the owner', undefined],
  ['the owner by address', 'romeo@example.com'],
  ['a subscriber', 'nurse@example.com'],
])('%s gets identity and features of the account', async (_who, to) => {
  const answer = await romeo.request('get', info('query'), to);
  expect(identitiesOf(answer)).toEqual(['account/registered']);
  expect(featuresOf(answer)).toContain('urn:example:books');
  expect(outcome(await romeo.request('get', info('query', { node: 'x' }), to))).toBe('item-not-found');
  expect(outcome(await romeo.request('get', items('query'), to))).toBe('result');
  expect(outcome(await romeo.request('get', items('query', { node: 'x' }), to))).toBe('item-not-found');
});

test.each([
  ['info', info('query')],
  ['info of a node', info('query', { node: 'x' })],
  ['items', items('query')],
  ['items of a node', items('query', { node: 'x' })],
])('to a stranger %s of an account and of none are the same', async (kind, query) => {
  const [there, missing] = [
    await romeo.request('get', query, 'juliet@example.com'),
    await romeo.request('get', query, 'nobody@example.com'),
  ];
  expect(outcome(there)).toBe(kind.startsWith('info') ? 'service-unavailable' : 'result');
  expect(there.payload?.toString()).toBe(missing.payload?.toString());
});
