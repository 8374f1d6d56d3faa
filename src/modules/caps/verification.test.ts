import { expect, test } from 'vitest';
import { hashOf, verificationString } from './verification.ts';

test('the example of §5.2 has the hash it is printed with, in whatever order features come', () => {
  const identities = [{ category: 'client', type: 'pc', name: 'Exodus 0.9.1' }];
  const features = [
    'http://jabber.org/protocol/muc',
    'http://jabber.org/protocol/disco#items',
    'http://jabber.org/protocol/caps',
    'http://jabber.org/protocol/disco#info',
  ];
  const text = verificationString({ identities, features });
  expect(text).toBe(
    'client/pc//Exodus 0.9.1<http://jabber.org/protocol/caps<http://jabber.org/protocol/disco#info<' +
      'http://jabber.org/protocol/disco#items<http://jabber.org/protocol/muc<',
  );
  expect(hashOf(text)).toBe('QgayPKawpkPSDYmwT/WM94uAlu0=');
});

test('sorting is by octets: upper case first, and beyond U+FFFF after everything in it', () => {
  const features = ['\u{1F600}', '\uFF5E', 'a', 'B'];
  expect(verificationString({ identities: [], features })).toBe('B<a<\uFF5E<\u{1F600}<');
});

test('an identity without a name keeps its slashes', () => {
  expect(verificationString({ identities: [{ category: 'server', type: 'im' }], features: [] })).toBe('server/im//<');
});
