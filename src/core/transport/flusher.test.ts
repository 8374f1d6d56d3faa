import { setImmediate as endOfTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Flusher } from './flusher.ts';

/** A flusher whose storage commits so, and what is done in which order. */
function begin(commit: () => void | Promise<void>) {
  const done: string[] = [];
  const flusher = new Flusher(() => {
    done.push('commit');
    return commit();
  });
  return { done, add: (name: string) => flusher.add({ flush: () => done.push(name) }) };
}

it('commits, then writes what a turn has queued, once', async () => {
  const { done, add } = begin(() => {});
  add('one');
  add('two');
  expect(done).toEqual([]);
  await endOfTurn();
  expect(done).toEqual(['commit', 'one', 'two']);
  add('one');
  await endOfTurn();
  expect(done).toEqual(['commit', 'one', 'two', 'commit', 'one']);
});

it('waits for a commit that takes its time', async () => {
  let committed = () => {};
  const { done, add } = begin(
    () =>
      new Promise((resolve) => {
        committed = resolve;
      }),
  );
  add('one');
  await endOfTurn();
  add('two');
  await endOfTurn();
  expect(done).toEqual(['commit']);
  committed();
  await endOfTurn();
  expect(done).toEqual(['commit', 'one', 'two']);
});

it('writes after a commit that failed as well', async () => {
  const { done, add } = begin(() => Promise.reject(new Error('disk full')));
  add('one');
  await endOfTurn();
  expect(done).toEqual(['commit', 'one']);
});
