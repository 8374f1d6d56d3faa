import { expect, it } from 'vitest';
import { momentOf } from './moment.ts';

const now = Date.UTC(2026, 0, 1);

it.each([
  ['90s', 90_000],
  ['15m', 900_000],
  ['12h', 43_200_000],
  ['30d', 2_592_000_000],
  ['2026-01-01T01:00:00+00:30', 1_800_000],
])('%s is that long from now', (text, ms) => {
  expect(momentOf(text, now) - now).toBe(ms);
});

it.each([
  '',
  'soon',
  '0s',
  '-1d',
  '1w',
  '2025-12-31T23:59:59Z',
  '2026-01-01T00:00:00Z',
  '2026-13-01T00:00:00Z',
  '999999999999d',
])('"%s" is refused', (text) => {
  expect(() => momentOf(text, now)).toThrow(expect.objectContaining({ condition: 'bad-request' }));
});
