import fc from 'fast-check';
import { expect, test } from 'vitest';
import { byCodePoint } from './order.ts';

test('strings are ordered as their UTF-8 bytes are', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byCodePoint(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
    { numRuns: 500, seed: 1 },
  );
});

test('a character outside the basic plane comes after one at its end', () => {
  expect(['😀', '\uffee'].sort(byCodePoint)).toEqual(['\uffee', '😀']);
});
