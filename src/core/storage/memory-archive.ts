import type { ArchiveEntry, ArchiveExtent, ArchiveRange, ArchiveStore } from './contract.ts';
import { checkTime, TRIM_ENTRIES } from './encoding.ts';
import { firstAfter, selectEntries } from './select-entries.ts';

interface Shelf {
  /** The last number given: it outlives the entries. */
  last: number;
  size: number;
  /** Ascending by seq, frozen: they are handed out as they are. */
  entries: ArchiveEntry[];
}

export class MemoryArchive implements ArchiveStore {
  readonly #shelves = new Map<string, Shelf>();

  append(owner: string, { at, with: other, data }: Omit<ArchiveEntry, 'seq'>): number {
    checkTime(at);
    let shelf = this.#shelves.get(owner);
    if (shelf === undefined) {
      shelf = { last: 0, size: 0, entries: [] };
      this.#shelves.set(owner, shelf);
    }
    shelf.last += 1;
    shelf.size += data.length;
    shelf.entries.push(Object.freeze({ seq: shelf.last, at, with: other, data }));
    return shelf.last;
  }

  query(owner: string, range: ArchiveRange): readonly ArchiveEntry[] {
    return selectEntries(this.#entries(owner), range);
  }

  get(owner: string, seq: number): ArchiveEntry | undefined {
    return this.query(owner, { after: seq - 1, before: seq + 1, limit: 1 })[0];
  }

  head(owner: string): number {
    return this.#entries(owner).at(-1)?.seq ?? 0;
  }

  extent(owner: string): ArchiveExtent {
    const first = this.#entries(owner)[0]?.seq ?? 0;
    return { first, last: this.head(owner), size: this.#shelves.get(owner)?.size ?? 0 };
  }

  async drain(owner: string, limit: number): Promise<readonly ArchiveEntry[]> {
    return this.#take(owner, limit);
  }

  async trim(owner: string, upTo: number): Promise<number> {
    return this.#take(owner, Math.min(TRIM_ENTRIES, firstAfter(this.#entries(owner), upTo))).length;
  }

  async purge(owner: string): Promise<void> {
    this.#take(owner, Number.POSITIVE_INFINITY);
  }

  #take(owner: string, limit: number): readonly ArchiveEntry[] {
    const shelf = this.#shelves.get(owner);
    if (shelf === undefined) return [];
    const taken = shelf.entries.splice(0, limit);
    for (const { data } of taken) shelf.size -= data.length;
    return taken;
  }

  #entries(owner: string): readonly ArchiveEntry[] {
    return this.#shelves.get(owner)?.entries ?? [];
  }
}
