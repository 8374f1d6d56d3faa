import type { ArchiveEntry, ArchiveRange } from './contract.ts';

/** What a range looks at. */
export type ArchiveKey = Pick<ArchiveEntry, 'seq' | 'at' | 'with'>;

/** An array, or what makes its entries when it is asked for one. */
export interface Indexed<E> {
  readonly length: number;
  at(index: number): E | undefined;
}

/** What a range asks for of entries that ascend by seq; for drivers that have entries in memory. */
export function selectEntries<E extends ArchiveKey>(entries: Indexed<E>, range: ArchiveRange): E[] {
  const low = range.after === undefined ? 0 : firstAfter(entries, range.after);
  const high = range.before === undefined ? entries.length : firstAfter(entries, range.before - 1);
  const found: E[] = [];
  const step = range.newestFirst ? -1 : 1;
  for (let i = range.newestFirst ? high - 1 : low; i >= low && i < high && found.length < range.limit; i += step) {
    const entry = entries.at(i);
    if (entry !== undefined && matches(entry, range)) found.push(entry);
  }
  return found;
}

/** Index of the first entry numbered above `seq`, by bisection. */
export function firstAfter(entries: Indexed<ArchiveKey>, seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries.at(middle)?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

function matches(entry: ArchiveKey, { start, end, with: other }: ArchiveRange): boolean {
  return (
    (start === undefined || entry.at >= start) &&
    (end === undefined || entry.at <= end) &&
    (other === undefined || entry.with === other)
  );
}
