/** XEP-0313 §4.3: the page of an archive that a query asks for */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { ArchiveEntry, ArchiveRange } from '../storage/index.ts';
import type { Filter, Query } from './query.ts';
import type { ArchiveView } from './view.ts';

/** The text of a page is not much longer than this: one is held in memory while it is sent. */
const PAGE_CHARACTERS = 1_048_576;
/** Entries read at a time. A filter that lets few of them through does not hold up others. */
const READ_ENTRIES = 100;

export interface Page {
  /** In the order of the archive. */
  readonly entries: readonly ArchiveEntry[];
  /** There is nothing more in the direction of the walk. */
  readonly isComplete: boolean;
}

type Read = (range: ArchiveRange) => Promise<readonly ArchiveEntry[]>;

/** @param isWanted asked now and then, where it is known: nobody reads on for a client that is gone */
export async function readPage(
  view: ArchiveView,
  { filter, max, isLast }: Query,
  isWanted = (): boolean => true,
): Promise<Page> {
  const read = reader(view, filter);
  const found: ArchiveEntry[] = [];
  let characters = 0;
  const page = (isComplete: boolean) => ({ entries: isLast ? found.reverse() : found, isComplete });
  const limit = Math.min(max + 1, READ_ENTRIES);
  let range = rangeOf(filter, limit, isLast);
  for (;;) {
    const entries = await read(range);
    for (const entry of entries) {
      if (!isWith(entry, filter)) continue;
      characters += entry.data.length;
      if (found.length === max || (found.length > 0 && characters > PAGE_CHARACTERS)) return page(false);
      found.push(entry);
    }
    const end = entries.at(-1);
    if (end === undefined || entries.length < limit) return page(true);
    range = isLast ? { ...range, before: end.seq } : { ...range, after: end.seq };
    await endOfTurn();
    if (!isWanted()) return page(false);
  }
}

/**
 * XEP-0059 §2.7: how many entries a filter lets through. Numbers leave no gaps, so those of the first and of the last one tell;
 * where clocks were set back this is approximate. Undefined for those with somebody, who would have to be counted.
 */
export async function countEntries(view: ArchiveView, filter: Filter): Promise<number | undefined> {
  const read = reader(view, filter);
  if (filter.ids !== undefined) {
    const entries = await read(rangeOf(filter, filter.ids.length, false));
    return entries.filter((entry) => isWith(entry, filter)).length;
  }
  if (filter.with !== undefined) return undefined;
  const [first] = await read(rangeOf(filter, 1, false));
  const [last] = await read(rangeOf(filter, 1, true));
  return first === undefined || last === undefined ? 0 : last.seq - first.seq + 1;
}

function rangeOf({ ids: _, with: match, ...bounds }: Filter, limit: number, isLast: boolean): ArchiveRange {
  const all = { ...bounds, with: match?.with };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { ...given, limit, newestFirst: isLast };
}

/** Entries that are named are few, and looked at here. */
function reader({ store, owner }: ArchiveView, { ids }: Filter): Read {
  if (ids === undefined) return async (range) => store.query(owner, range);
  const seqs = [...new Set(ids)].sort((a, b) => a - b);
  return async (range) => {
    const named = await Promise.all(seqs.map((seq) => store.get(owner, seq)));
    const entries = named.filter((entry) => entry !== undefined && isIn(entry, range)) as ArchiveEntry[];
    return (range.newestFirst ? entries.reverse() : entries).slice(0, range.limit);
  };
}

function isIn({ seq, at, with: other }: ArchiveEntry, range: ArchiveRange): boolean {
  const { after = -Infinity, before = Infinity, start = -Infinity, end = Infinity } = range;
  return seq > after && seq < before && at >= start && at <= end && (range.with ?? other) === other;
}

function isWith(entry: ArchiveEntry, { with: match }: Filter): boolean {
  return match?.test?.(entry) ?? true;
}
