import { expect, it } from 'vitest';
import { EachTurn } from './each-turn.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

it('takes a few in each turn, in their order', async () => {
  const taken: number[] = [];
  const work = new EachTurn<number>(2, (item) => taken.push(item));
  for (const item of [1, 2, 3, 4, 5]) work.add(item);
  expect(taken).toEqual([]);
  await turn();
  expect(taken).toEqual([1, 2]);
  await turn();
  expect(taken).toEqual([1, 2, 3, 4]);
  work.add(6);
  await turn();
  expect(taken).toEqual([1, 2, 3, 4, 5, 6]);
});

it('takes what comes while it works in a later turn', async () => {
  const taken: number[] = [];
  const work = new EachTurn<number>(10, (item) => {
    taken.push(item);
    if (item === 1) work.add(2);
  });
  work.add(1);
  await turn();
  expect(taken).toEqual([1]);
  await turn();
  expect(taken).toEqual([1, 2]);
});

it('takes nothing after its end', async () => {
  const taken: number[] = [];
  const work = new EachTurn<number>(1, (item) => taken.push(item));
  for (const item of [1, 2, 3]) work.add(item);
  await turn();
  expect(work.end()).toEqual([2, 3]);
  await turn();
  expect(taken).toEqual([1]);
});
