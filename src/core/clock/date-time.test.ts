import { expect, it } from 'vitest';
import { parseDateTime } from './index.ts';

it.each([
  ['1969-07-21T02:56:15Z', -14_159_025_000],
  ['1969-07-20T21:56:15-05:00', -14_159_025_000],
  ['2010-06-07T00:00:00.123Z', 1_275_868_800_123],
  ['2010-06-07T00:00:00.123999Z', 1_275_868_800_123],
])('reads %s', (text, ms) => {
  expect(parseDateTime(text)).toBe(ms);
});

it.each([
  'yesterday',
  '2010-06-07',
  '2010-06-07T00:00:00',
  '2010-06-07 00:00:00Z',
  '2010-13-07T00:00:00Z',
  '20100607T00:00:00Z',
  '',
])('does not take %s', (text) => {
  expect(parseDateTime(text)).toBeUndefined();
});
