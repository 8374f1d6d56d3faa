import { expect, it } from 'vitest';
import { createNonceStore } from '#core';
import { ManualClock } from '../../../test/support/manual-clock.ts';

it('a nonce is taken once', () => {
  const nonces = createNonceStore(new ManualClock());
  const nonce = nonces.issue();
  expect(nonces.take(nonce)).toBe(true);
  expect(nonces.take(nonce)).toBe(false);
});

it('a nonce nobody issued is not taken', () => {
  expect(createNonceStore(new ManualClock()).take('AAAAAAAAAAAAAAAAAAAAAAAA')).toBe(false);
});

it('a nonce lives for less than 60 s', () => {
  const clock = new ManualClock();
  const nonces = createNonceStore(clock);
  const [early, late] = [nonces.issue(), nonces.issue()];
  clock.advance(59_999);
  expect(nonces.take(early)).toBe(true);
  clock.advance(1);
  expect(nonces.take(late)).toBe(false);
});

it('nonces differ, and fit into a SCRAM message', () => {
  const nonces = createNonceStore(new ManualClock());
  const issued = Array.from({ length: 1_000 }, () => nonces.issue());
  expect(new Set(issued).size).toBe(1_000);
  expect(issued.every((nonce) => /^[A-Za-z0-9+/]{24}$/.test(nonce))).toBe(true);
});

it('above the capacity the oldest is forgotten', () => {
  const nonces = createNonceStore(new ManualClock(), 2);
  const [first, second, third] = [nonces.issue(), nonces.issue(), nonces.issue()];
  expect([first, second, third].map((nonce) => nonces.take(nonce))).toEqual([false, true, true]);
});
