import { expect, it } from 'vitest';
import { ArchiveIds } from './archive-ids.ts';

const ids = new ArchiveIds(Buffer.alloc(16, 7));

it('finds the number of an id again', () => {
  for (const seq of [1, 2, 255, 4_294_967_296, Number.MAX_SAFE_INTEGER]) {
    expect(ids.toSeq('coven', ids.toText('coven', seq))).toBe(seq);
  }
});

it('has an id of its own for each number and each room', () => {
  const texts = ['coven', 'heath'].flatMap((room) => [1, 2, 3].map((seq) => ids.toText(room, seq)));
  expect(new Set(texts).size).toBe(6);
});

it('knows what is no id of a room', () => {
  const id = ids.toText('coven', 1);
  expect(ids.toSeq('heath', id)).toBeUndefined();
  for (const text of ['', '1', `${id}=`, `${id}AA`, id.slice(1), 'x'.repeat(22)]) {
    expect(ids.toSeq('coven', text)).toBeUndefined();
  }
  expect(new ArchiveIds(Buffer.alloc(16, 8)).toSeq('coven', id)).toBeUndefined();
});
