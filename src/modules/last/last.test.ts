import { beforeEach, expect, test } from 'vitest';
import { type Iq, ns, StanzaError } from '#core';
import last from '#modules/last';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const query = ns('jabber:iq:last')('query');
const outcome = (answer: Iq) =>
  answer.type === 'error'
    ? StanzaError.from(answer).condition
    : `${answer.payload?.attr('seconds')} ${answer.payload?.text()}`.trim();

let server: TestHost;
let romeo: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, presence, last], ['romeo', 'juliet', 'tybalt']);
  // Juliet lets Romeo see her presence.
  const store = server.host.stores.map('roster');
  await store.update('juliet', 'romeo@example.com', () => ({ listed: true, subscription: 'from', version: 1 }));
  romeo = server.connect('romeo', 'orchard');
});

const ask = async (client: TestClient, to?: string) => outcome(await client.request('get', query, to));

test('the host tells how long it is up', async () => {
  server.clock.advance(123_999);
  expect(await ask(romeo, 'example.com')).toBe('123');
});

test('a subscriber learns when the account went and with which words', async () => {
  const juliet = await server.logIn('juliet', 'balcony');
  juliet.send("<presence type='unavailable'><status>Heading Home</status></presence>");
  await settled();
  juliet.session.disconnected();
  await settled();
  server.clock.advance(903_000);
  expect(await ask(romeo, 'juliet@example.com')).toBe('903 Heading Home');
});

test('the loss of the last available resource counts, that of another does not', async () => {
  const [balcony, chamber] = [await server.logIn('juliet', 'balcony'), await server.logIn('juliet', 'chamber')];
  balcony.session.disconnected();
  await settled();
  server.clock.advance(5_000);
  expect(await ask(romeo, 'juliet@example.com')).toBe('0');
  chamber.session.disconnected();
  await settled();
  server.clock.advance(7_000);
  expect(await ask(romeo, 'juliet@example.com')).toBe('7');
});

test('an account with a session is here since now, and the owner may ask', async () => {
  expect(await ask(romeo)).toBe('0');
});

test('an account that never was available has nothing to tell', async () => {
  expect(await ask(romeo, 'juliet@example.com')).toBe('item-not-found');
});

test('a stranger is forbidden to ask, whether or not there is such an account', async () => {
  const tybalt = server.connect('tybalt', 'street');
  expect(await ask(tybalt, 'juliet@example.com')).toBe('forbidden');
  expect(await ask(tybalt, 'nobody@example.com')).toBe('forbidden');
});

test('the client of somebody else is asked by subscribers only', async () => {
  const juliet = await server.logIn('juliet', 'balcony');
  const tybalt = server.connect('tybalt', 'street');
  expect(await ask(tybalt, 'juliet@example.com/balcony')).toBe('forbidden');
  expect(juliet.take()).toEqual([]);
  void romeo.request('get', query, 'juliet@example.com/balcony');
  await settled();
  expect(juliet.take()).toHaveLength(1);
});

test('a resource of the host is no address', async () => {
  expect(await ask(romeo, 'example.com/somewhere')).toBe('service-unavailable');
});

test('what is kept for an account goes with it', async () => {
  const juliet = await server.logIn('juliet', 'balcony');
  juliet.session.disconnected();
  await settled();
  await server.host.deleteAccount('juliet');
  expect(await server.host.stores.map('last').owners()).toEqual([]);
});
