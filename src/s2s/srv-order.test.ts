import { expect, it } from 'vitest';
import { inOrder } from './srv-order.ts';

const record = (name: string, priority: number, weight: number) => ({ name, port: 5269, priority, weight });

it('tries the lowest priority first', () => {
  const records = [record('c', 20, 0), record('a', 5, 0), record('b', 10, 0)];
  expect(inOrder(records, () => 0.5).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

it('chooses within a priority by weight', () => {
  const records = [record('light', 1, 10), record('heavy', 1, 90)];
  const first = (random: number) => inOrder(records, () => random)[0]?.name;
  expect(first(0)).toBe('light');
  expect(first(0.09)).toBe('light');
  expect(first(0.2)).toBe('heavy');
  expect(first(0.999)).toBe('heavy');
});

it('names each record once, whatever the chance', () => {
  const records = [record('a', 1, 0), record('b', 1, 0), record('c', 1, 5), record('d', 2, 65_535)];
  for (const random of [0, 0.3, 0.7, 0.9999]) {
    const names = inOrder(records, () => random).map(({ name }) => name);
    expect([...names].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(names[3]).toBe('d');
  }
});
