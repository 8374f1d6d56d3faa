import type { ArchiveEntry, ArchiveRange, ArchiveStore } from './contract.ts';
import { checkTime } from './encoding.ts';

interface Shelf {
  /** The last number given: it outlives the entries. */
  last: number;
  /** Ascending by seq, frozen: they are handed out as they are. */
  entries: ArchiveEntry[];
}

export class MemoryArchive implements ArchiveStore {
  readonly #shelves = new Map<string, Shelf>();

  async append(owner: string, { id, at, with: other, data }: Omit<ArchiveEntry, 'seq'>): Promise<number> {
    checkTime(at);
    let shelf = this.#shelves.get(owner);
    if (shelf === undefined) {
      shelf = { last: 0, entries: [] };
      this.#shelves.set(owner, shelf);
    }
    shelf.last += 1;
    shelf.entries.push(Object.freeze({ seq: shelf.last, id, at, with: other, data }));
    return shelf.last;
  }

  query(owner: string, range: ArchiveRange): readonly ArchiveEntry[] {
    const entries = this.#entries(owner);
    const low = range.after === undefined ? 0 : firstAfter(entries, range.after);
    const high = range.before === undefined ? entries.length : firstAfter(entries, range.before - 1);
    const found: ArchiveEntry[] = [];
    const step = range.newestFirst ? -1 : 1;
    for (let i = range.newestFirst ? high - 1 : low; i >= low && i < high && found.length < range.limit; i += step) {
      const entry = entries[i];
      if (entry !== undefined && matches(entry, range)) found.push(entry);
    }
    return found;
  }

  find(owner: string, id: string): ArchiveEntry | undefined {
    return this.#entries(owner).findLast((entry) => entry.id === id);
  }

  head(owner: string): number {
    return this.#entries(owner).at(-1)?.seq ?? 0;
  }

  async drain(owner: string, limit: number): Promise<readonly ArchiveEntry[]> {
    return this.#shelves.get(owner)?.entries.splice(0, limit) ?? [];
  }

  async purge(owner: string): Promise<void> {
    const shelf = this.#shelves.get(owner);
    if (shelf !== undefined) shelf.entries = [];
  }

  #entries(owner: string): readonly ArchiveEntry[] {
    return this.#shelves.get(owner)?.entries ?? [];
  }
}

function matches(entry: ArchiveEntry, { start, end, with: other }: ArchiveRange): boolean {
  return (
    (start === undefined || entry.at >= start) &&
    (end === undefined || entry.at <= end) &&
    (other === undefined || entry.with === other)
  );
}

/** Index of the first entry numbered above `seq`, by bisection. */
function firstAfter(entries: readonly ArchiveEntry[], seq: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle]?.seq ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}
