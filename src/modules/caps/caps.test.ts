import { beforeEach, expect, test } from 'vitest';
import { ns, StanzaError } from '#core';
import caps from '#modules/caps';
import disco from '#modules/disco';
import roster from '#modules/roster';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';
import { hashOf, verificationString } from './verification.ts';

const info = ns('http://jabber.org/protocol/disco#info');

let server: TestHost;
let romeo: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, disco, caps], ['romeo']);
  romeo = server.connect('romeo', 'orchard');
});

function offered() {
  const offers = server.host.features.offers({ secure: true, user: server.host.userJid('romeo') });
  const offer = offers.find(({ ns: namespace }) => namespace === 'http://jabber.org/protocol/caps');
  return { hash: offer?.attr('hash'), node: offer?.attr('node') ?? '', ver: offer?.attr('ver') ?? '' };
}

test('the stream feature names the hash of what disco#info answers', () => {
  const { features } = server.host;
  const described = { identities: features.identities('host'), features: features.features('host') };
  expect(described.features).toContain('http://jabber.org/protocol/caps');
  expect(offered()).toMatchObject({ hash: 'sha-1', ver: hashOf(verificationString(described)) });
});

test('strangers are not told', () => {
  const offers = server.host.features.offers({ secure: true, user: undefined });
  expect(offers.map(({ name }) => name)).not.toContain('c');
});

test('disco#info at node#ver is that of the host', async () => {
  const { node, ver } = offered();
  const at = await romeo.request('get', info('query', { node: `${node}#${ver}` }), 'example.com');
  const plain = await romeo.request('get', info('query'), 'example.com');
  expect(at.payload?.attr('node')).toBe(`${node}#${ver}`);
  expect(at.payload?.with({ node: undefined }).toString()).toBe(plain.payload?.toString());
});

test('a feature more is another hash, and the former one is not found any more', async () => {
  const before = offered();
  server.host.features.addFeature('urn:example:new', 'host');
  const after = offered();
  expect(after.ver).not.toBe(before.ver);
  const stale = await romeo.request('get', info('query', { node: `${before.node}#${before.ver}` }), 'example.com');
  expect(StanzaError.from(stale).condition).toBe('item-not-found');
});
