import { expect, it } from 'vitest';
import { EachTurn } from './each-turn.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function numbers(most: number) {
  const taken: number[] = [];
  return { taken, work: new EachTurn<number>(most, (item) => taken.push(item)) };
}

it('takes a few in each turn, in their order', async () => {
  const { taken, work } = numbers(2);
  for (const item of [1, 2, 3, 4, 5]) work.add(item);
  expect(taken).toEqual([1, 2]);
  await turn();
  expect(taken).toEqual([1, 2, 3, 4]);
  work.add(6);
  expect(taken).toEqual([1, 2, 3, 4]);
  await turn();
  expect(taken).toEqual([1, 2, 3, 4, 5, 6]);
});

it('has room for as many again in a turn after quiet ones', async () => {
  const { taken, work } = numbers(2);
  work.add(1);
  work.add(2);
  await turn();
  await turn();
  for (const item of [3, 4, 5]) work.add(item);
  expect(taken).toEqual([1, 2, 3, 4]);
});

it('takes what comes while it works after what waits', async () => {
  const taken: number[] = [];
  const work = new EachTurn<number>(2, (item) => {
    taken.push(item);
    if (item === 1) work.add(4);
  });
  for (const item of [1, 2, 3]) work.add(item);
  expect(taken).toEqual([1, 4]);
  await turn();
  expect(taken).toEqual([1, 4, 2, 3]);
});

it('takes nothing after its end', async () => {
  const { taken, work } = numbers(1);
  for (const item of [1, 2, 3]) work.add(item);
  expect(work.end()).toEqual([2, 3]);
  await turn();
  expect(taken).toEqual([1]);
});
