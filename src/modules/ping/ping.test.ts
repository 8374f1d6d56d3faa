import { expect, test } from 'vitest';
import { ns, StanzaError } from '#core';
import ping from '#modules/ping';
import { TestHost } from '../../../test/support/test-host.ts';

const payload = ns('urn:xmpp:ping')('ping');

test.each([undefined, 'example.com', 'romeo@example.com'])('a ping to %s gets an empty result', async (to) => {
  const server = await TestHost.start([ping], ['romeo']);
  const pong = await server.connect('romeo', 'orchard').request('get', payload, to);
  expect(pong.type).toBe('result');
  expect(pong.payload).toBeUndefined();
});

test('a ping does not tell whether somebody else has an account (RFC 6121 §8.5.1)', async () => {
  const server = await TestHost.start([ping], ['romeo', 'juliet']);
  const romeo = server.connect('romeo', 'orchard');
  for (const to of ['juliet@example.com', 'nobody@example.com']) {
    expect(StanzaError.from(await romeo.request('get', payload, to)).condition).toBe('service-unavailable');
  }
});

test('the feature is announced', async () => {
  const { host } = await TestHost.start([ping], []);
  expect(host.features.features('host')).toEqual(['urn:xmpp:ping']);
});
