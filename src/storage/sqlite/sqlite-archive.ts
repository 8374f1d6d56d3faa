import {
  type ArchiveEntry,
  type ArchiveExtent,
  type ArchiveRange,
  type ArchiveStore,
  checkTime,
  selectEntries,
  TRIM_ENTRIES,
} from '#core';
import type { ArchiveBlocks } from './archive-blocks.ts';
import type { ArchiveJournal } from './archive-journal.ts';
import { ArchiveOwner, OwnerCache } from './archive-owner.ts';
import type { GroupCommit } from './group-commit.ts';

/** Blocks that one turn of a purge deletes: some milliseconds. */
const PURGED_BLOCKS = 256;

/** An archive (ADR 6): what arrived lately is in memory and in the journal, the rest in blocks. */
export class SqliteArchive implements ArchiveStore {
  readonly #group: GroupCommit;
  readonly #journal: ArchiveJournal;
  readonly #blocks: ArchiveBlocks;
  readonly #host: string;
  readonly #name: string;
  readonly #owners = new OwnerCache();

  constructor(group: GroupCommit, journal: ArchiveJournal, blocks: ArchiveBlocks, host: string, name: string) {
    this.#group = group;
    this.#journal = journal;
    this.#blocks = blocks;
    this.#host = host;
    this.#name = name;
  }

  append(name: string, { at, with: other, data }: Omit<ArchiveEntry, 'seq'>): number {
    checkTime(at);
    const owner = this.#find(name) ?? this.#remember(name, new ArchiveOwner([this.#host, this.#name, name]));
    if (owner.ref === 0) this.#group.join(() => this.#journal.create(owner));
    else this.#group.open();
    owner.last += 1;
    this.#journal.append(owner, { seq: owner.last, at, with: other, data });
    return owner.last;
  }

  get(name: string, seq: number): ArchiveEntry | undefined {
    return this.query(name, { after: seq - 1, before: seq + 1, limit: 1 })[0];
  }

  query(name: string, range: ArchiveRange): readonly ArchiveEntry[] {
    const owner = this.#find(name);
    return owner === undefined ? [] : this.#group.read(() => this.#select(owner, range));
  }

  head(name: string): number {
    const owner = this.#find(name);
    return owner === undefined ? 0 : this.#group.read(() => this.#ends(owner).last);
  }

  extent(name: string): ArchiveExtent {
    const owner = this.#find(name);
    if (owner === undefined) return { first: 0, last: 0, size: 0 };
    return this.#group.read(() => {
      owner.size ??=
        sizeOf(selectEntries(this.#journal.waiting(owner), { limit: Infinity })) + this.#blocks.size(owner);
      return { ...this.#ends(owner), size: owner.size };
    });
  }

  drain(name: string, limit: number): Promise<readonly ArchiveEntry[]> {
    return this.#group.write(() => this.#take(name, { limit }));
  }

  trim(name: string, upTo: number): Promise<number> {
    return this.#group.write(() => this.#take(name, { before: upTo + 1, limit: TRIM_ENTRIES }).length);
  }

  async purge(name: string): Promise<void> {
    const owner = this.#find(name);
    if (owner === undefined || owner.ref === 0) return;
    await this.#group.write(() => {
      this.#journal.trim(owner, owner.last + 1, PURGED_BLOCKS);
      owner.size = 0;
    });
    while (await this.#group.write(() => this.#blocks.sweep(owner, PURGED_BLOCKS)));
  }

  #take(name: string, range: ArchiveRange): readonly ArchiveEntry[] {
    const owner = this.#find(name);
    const entries = owner === undefined ? [] : this.#select(owner, range);
    const last = entries.at(-1);
    if (owner === undefined || last === undefined) return [];
    this.#journal.trim(owner, last.seq + 1, entries.length);
    if (owner.size !== undefined) owner.size -= sizeOf(entries);
    return entries;
  }

  #ends(owner: ArchiveOwner): { first: number; last: number } {
    const waiting = this.#journal.waiting(owner);
    const blocks = this.#blocks.ends(owner);
    return {
      first: blocks?.first ?? waiting.at(0)?.seq ?? 0,
      last: waiting.at(waiting.length - 1)?.seq ?? blocks?.last ?? 0,
    };
  }

  #select(owner: ArchiveOwner, range: ArchiveRange): readonly ArchiveEntry[] {
    const found: ArchiveEntry[] = [];
    if (!range.newestFirst) this.#blocks.select(owner, range, found);
    const limit = range.limit - found.length;
    for (const entry of selectEntries(this.#journal.waiting(owner), { ...range, limit })) found.push(entry);
    if (range.newestFirst) this.#blocks.select(owner, range, found);
    return found;
  }

  #find(name: string): ArchiveOwner | undefined {
    const known = this.#owners.get(name);
    if (known !== undefined) return known;
    const stored = this.#group.read(() => this.#journal.find([this.#host, this.#name, name]));
    return stored && this.#remember(name, stored);
  }

  #remember(name: string, owner: ArchiveOwner): ArchiveOwner {
    this.#owners.add(name, owner);
    return owner;
  }
}

function sizeOf(entries: readonly ArchiveEntry[]): number {
  return entries.reduce((size, { data }) => size + data.length, 0);
}
