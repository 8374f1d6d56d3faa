import { expect, test } from 'vitest';
import { NS_SESSION, ns } from '#core';
import session from '#modules/session';
import { TestHost } from '../../../test/support/test-host.ts';

const request = ns(NS_SESSION)('session');

test.each([undefined, 'example.com'])('a session request to %s is answered with an empty result', async (to) => {
  const server = await TestHost.start([session], ['romeo']);
  const answer = await server.connect('romeo', 'orchard').request('set', request, to);
  expect(answer.type).toBe('result');
  expect(answer.payload).toBeUndefined();
});

test('it is offered after login only, and as optional', async () => {
  const { host } = await TestHost.start([session], []);
  const [offer] = host.features.offers({ secure: true, user: host.userJid('romeo') });
  expect(offer?.is('session', NS_SESSION) && offer.child('optional')).toBeTruthy();
  expect(host.features.offers({ secure: true, user: undefined })).toEqual([]);
});
