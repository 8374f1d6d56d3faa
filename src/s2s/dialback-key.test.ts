import { expect, it } from 'vitest';
import { DialbackKeys } from './dialback-key.ts';

const of = { receiving: 'montague.example', originating: 'capulet.example', streamId: 'D60000229F' };
const KEY = 'b4835385f37fe2895af6c196b59097b16862406db80559900d96bf6fa7d23df3';

it('makes the keys of the example in XEP-0220 §2.1.1', () => {
  expect(new DialbackKeys('s3cr3tf0rd14lb4ck').make(of)).toBe(KEY);
});

it('knows its own keys, each for one stream between two domains', () => {
  const keys = new DialbackKeys('s3cr3tf0rd14lb4ck');
  expect(keys.isValid(KEY, of)).toBe(true);
  expect(keys.isValid(KEY, { ...of, streamId: 'D60000229E' })).toBe(false);
  expect(keys.isValid(KEY, { ...of, receiving: 'verona.example' })).toBe(false);
  expect(keys.isValid(KEY, { receiving: of.originating, originating: of.receiving, streamId: of.streamId })).toBe(
    false,
  );
  expect(keys.isValid(KEY.slice(1), of)).toBe(false);
  expect(keys.isValid('', of)).toBe(false);
});

it('does not know the keys of another server', () => {
  expect(new DialbackKeys().isValid(new DialbackKeys().make(of), of)).toBe(false);
});
