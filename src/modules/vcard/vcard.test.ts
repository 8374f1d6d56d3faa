import { beforeEach, expect, test } from 'vitest';
import { ns, StanzaError } from '#core';
import vcard from '#modules/vcard';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';

const card = ns('vcard-temp');
const filled = card('vCard', {}, card('FN', {}, 'Juliet Capulet'));

let server: TestHost;
let juliet: TestClient;
let romeo: TestClient;

beforeEach(async () => {
  server = await TestHost.start([[vcard, { max_bytes: 1_024 }]], ['juliet', 'romeo']);
  juliet = server.connect('juliet', 'balcony');
  romeo = server.connect('romeo', 'orchard');
});

test('the owner sets a vCard, and owner and others read it', async () => {
  expect((await juliet.request('set', filled)).type).toBe('result');
  for (const answer of [
    await juliet.request('get', card('vCard')),
    await juliet.request('get', card('vCard'), 'juliet@example.com'),
    await romeo.request('get', card('vCard'), 'juliet@example.com'),
  ]) {
    expect(answer.payload?.toString()).toBe(filled.toString());
  }
});

test('an owner without a vCard is told so', async () => {
  expect(StanzaError.from(await juliet.request('get', card('vCard'))).condition).toBe('item-not-found');
});

test.each(['juliet@example.com', 'nobody@example.com'])(
  'no vCard of %s is service-unavailable to others',
  async (to) => {
    const answer = await romeo.request('get', card('vCard'), to);
    expect(StanzaError.from(answer).condition).toBe('service-unavailable');
  },
);

test.each(['juliet@example.com', 'nobody@example.com'])('nobody else sets the vCard of %s', async (to) => {
  expect(StanzaError.from(await romeo.request('set', filled, to)).condition).toBe('forbidden');
});

test('a vCard that is too large is refused', async () => {
  const answer = await juliet.request('set', card('vCard', {}, card('FN', {}, 'x'.repeat(1_100))));
  expect(StanzaError.from(answer).condition).toBe('not-acceptable');
});

test('a vCard goes with its account', async () => {
  await juliet.request('set', filled);
  await server.host.deleteAccount('juliet');
  expect(await server.host.stores.map('vcard').owners()).toEqual([]);
});
