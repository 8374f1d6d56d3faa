import { expect, it } from 'vitest';
import { TokenBucket } from './token-bucket.ts';

const rate = { perSecond: 10, size: 20 };

it('is full at first', () => {
  const bucket = new TokenBucket();
  for (let taken = 0; taken < 20; taken++) expect(bucket.take(5_000, rate)).toBe(0);
  expect(bucket.take(5_000, rate)).toBe(100);
});

it('fills with time, and no further than its size', () => {
  const bucket = new TokenBucket();
  bucket.owe(20, 0, rate);
  expect(bucket.take(50, rate)).toBe(50);
  expect(bucket.take(100, rate)).toBe(0);
  expect(bucket.owe(20, 60_000, rate)).toBe(0);
  expect(bucket.owe(1, 60_000, rate)).toBe(100);
});

it('what is refused takes nothing', () => {
  const bucket = new TokenBucket();
  bucket.owe(20, 0, rate);
  for (let tries = 0; tries < 5; tries++) expect(bucket.take(50, rate)).toBe(50);
  expect(bucket.take(100, rate)).toBe(0);
});

it('what is owed has to come back first', () => {
  const bucket = new TokenBucket();
  expect(bucket.owe(50, 0, rate)).toBe(3_000);
  expect(bucket.take(3_000, rate)).toBe(100);
  expect(bucket.take(3_100, rate)).toBe(0);
});

it('goes by a rate that has changed meanwhile', () => {
  const bucket = new TokenBucket();
  bucket.owe(20, 0, rate);
  expect(bucket.owe(1_000, 10_000, { perSecond: 100, size: 1_000 })).toBe(0);
});

it('loses nothing when the clock is set back', () => {
  const bucket = new TokenBucket();
  bucket.owe(10, 60_000, rate);
  expect(bucket.take(0, rate)).toBe(0);
  expect(bucket.owe(9, 0, rate)).toBe(0);
  expect(bucket.take(50, rate)).toBe(50);
});
