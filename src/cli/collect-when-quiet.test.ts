import { describe, expect, it } from 'vitest';
import { QuietTimes } from './collect-when-quiet.ts';

const MB = 2 ** 20;

/** What came of looks at [how busy the loop was, the heap in MB]. */
function looks(...seen: [busy: number, heap: number][]): boolean[] {
  const times = new QuietTimes();
  return seen.map(([busy, heap]) => times.look(busy, heap * MB));
}

describe('a server', () => {
  it('collects twice when it is quiet for the first time', () => {
    expect(looks([0.01, 100], [0, 80], [0, 60], [0, 60])).toEqual([true, true, false, false]);
  });

  it('does not collect while it is busy', () => {
    expect(looks([0.06, 100], [1, 200], [0.01, 200])).toEqual([false, false, true]);
  });

  it('that collects is left alone when it becomes busy', () => {
    expect(looks([0, 100], [0.5, 120], [0, 120], [0, 120])).toEqual([true, false, false, false]);
  });

  it('collects again when the heap has grown by a tenth and 16 MB over what the collection left', () => {
    const tidied: [number, number][] = [
      [0, 150],
      [0, 120],
      [0, 100],
    ];
    expect(looks(...tidied, [0, 125], [0, 127], [0, 110], [0, 100]).slice(3)).toEqual([false, true, true, false]);
  });
});
