import { type ArchiveEntry, firstAfter } from '#core';
import type { ArchiveBlocks } from './archive-blocks.ts';
import { ArchiveOwner } from './archive-owner.ts';
import type { ArchiveStatements } from './archive-statements.ts';
import { cutFromText, type HeldEntry, readEntry, readKeys, writeEntries } from './entry-text.ts';
import type { Participant } from './group-commit.ts';

/** Moves what waits to blocks: owner by owner in the order of the tables, so that few pages change much. */
interface Fold {
  readonly owners: readonly ArchiveOwner[];
  next: number;
  /** The journal up to here is in blocks when it is done, and what that weighs. */
  readonly upTo: number;
  readonly written: number;
}

/** What one turn did to the state in memory, to be finished when it is committed and undone when it is lost. */
interface Turn {
  readonly owners: ArchiveOwner[];
  readonly entries: HeldEntry[];
  weight: number;
  /** By what the journal grew, or shrank. */
  written: number;
  readonly created: ArchiveOwner[];
  /** With what was `first` before. */
  readonly trimmed: [owner: ArchiveOwner, first: number][];
  /** With the last number that went to blocks. */
  readonly folded: [owner: ArchiveOwner, upTo: number][];
}

/**
 * Entries between their arrival and their block (ADR 6). They are in memory, where reads find them, and in the journal,
 * from where they come back when the process died.
 */
export class ArchiveJournal implements Participant {
  readonly #sql: ArchiveStatements;
  readonly #blocks: ArchiveBlocks;
  /** Owners with a tail. */
  readonly #waiting = new Map<number, ArchiveOwner>();
  /** The weight of what waits, and how much it may be before it is moved to blocks. */
  #weight = 0;
  /** … of what the journal has, with what was taken out again before it went to a block. */
  #written = 0;
  readonly #limit: number;
  #lastRow = 0;
  #turn = newTurn();
  #fold: Fold | undefined;
  /** Owners with numbers that a lost turn gave. */
  readonly #ahead = new Set<ArchiveOwner>();

  constructor(sql: ArchiveStatements, blocks: ArchiveBlocks, limit: number) {
    this.#sql = sql;
    this.#blocks = blocks;
    this.#limit = limit;
  }

  find(names: readonly [string, string, string]): ArchiveOwner | undefined {
    const row = this.#sql.owner.get(...names);
    return row && (this.#waiting.get(row.ref) ?? this.#known(names, row.ref, row.first, row.last));
  }

  /** Gives the owner its row. */
  create(owner: ArchiveOwner): void {
    const row = this.#sql.keepOwner.get(...owner.names, owner.last);
    if (row === undefined) throw new TypeError('RETURNING gave no row');
    owner.ref = row.ref;
    this.#turn.created.push(owner);
  }

  /** The transaction of the turn is open. */
  append(owner: ArchiveOwner, entry: HeldEntry): void {
    const weight = weigh(entry);
    if (owner.tail.length === 0) this.#waiting.set(owner.ref, owner);
    owner.tail.push(entry);
    if (owner.size !== undefined) owner.size += entry.data.length;
    this.#turn.owners.push(owner);
    this.#turn.entries.push(entry);
    this.#turn.weight += weight;
    this.#weight += weight;
  }

  /** All below `first` is gone: at once for reads, and at most so many blocks of it from the file. */
  trim(owner: ArchiveOwner, first: number, blocks: number): void {
    this.#turn.trimmed.push([owner, owner.first]);
    owner.first = first;
    this.#sql.setOwner.run(first, owner.last, owner.ref);
    this.#blocks.sweep(owner, blocks);
  }

  /** Moves everything to blocks, so that the next start finds nothing to recover. Nothing was appended in this turn. */
  foldAll(): void {
    this.#fold = undefined;
    if (this.#lastRow > 0) this.#foldSome(Number.POSITIVE_INFINITY);
  }

  prepare(): void {
    for (const owner of this.#ahead) {
      if (owner.ref === 0) this.create(owner);
      else this.#sql.keepOwner.get(...owner.names, owner.last);
    }
    const { owners, entries, weight } = this.#turn;
    if (entries.length > 0) {
      const written = writeEntries(entries);
      this.#lastRow += 1;
      this.#sql.addJournal.run(this.#lastRow, JSON.stringify(owners.map(({ ref }) => ref)), written.keys, written.data);
      cutFromText(entries, written);
      this.#turn.written = weight;
    }
    // A little in each turn, but twice what arrived, so that it comes to an end.
    if (this.#fold !== undefined || Math.max(this.#weight, this.#written / 2) > this.#limit) this.#foldSome(2 * weight);
  }

  committed(): void {
    const { trimmed, folded } = this.#turn;
    for (const [owner, upTo] of folded) owner.folded = upTo;
    for (const [owner] of folded) this.#settle(owner);
    for (const [owner] of trimmed) this.#settle(owner);
    this.#ahead.clear();
    this.#written += this.#turn.written;
    this.#turn = newTurn();
  }

  lost(): void {
    const { owners, created, trimmed, weight } = this.#turn;
    for (const owner of owners) {
      owner.tail.pop();
      owner.size = undefined;
      this.#ahead.add(owner);
      if (owner.tail.length === 0) this.#waiting.delete(owner.ref);
    }
    for (const [owner, first] of trimmed.reverse()) {
      owner.first = first;
      owner.size = undefined;
    }
    for (const owner of created) owner.ref = 0;
    this.#weight -= weight;
    this.#fold = undefined;
    this.#turn = newTurn();
  }

  #foldSome(budget: number): void {
    this.#fold ??= {
      owners: [...this.#waiting.values()].sort((a, b) => a.ref - b.ref),
      next: 0,
      upTo: this.#lastRow,
      written: this.#written + this.#turn.written,
    };
    let left = budget;
    while (left > 0) {
      const owner = this.#fold.owners[this.#fold.next];
      if (owner === undefined) {
        this.#sql.removeJournal.run(this.#fold.upTo);
        this.#turn.written -= this.#fold.written;
        this.#fold = undefined;
        return;
      }
      left -= this.#foldOwner(owner, left);
      // What is left of an owner waits for the next turn.
      if (left > 0) this.#fold.next += 1;
    }
  }

  /** Answers the weight of what it moved. */
  #foldOwner(owner: ArchiveOwner, budget: number): number {
    const entries = owner.living();
    let done = 0;
    let next = 0;
    while (next < entries.length && done < budget) {
      const from = next;
      next = this.#blocks.write(owner, entries, from);
      for (let i = from; i < next; i++) done += weigh(entries[i]);
    }
    const upTo = entries[next - 1]?.seq;
    if (upTo === undefined) return 0;
    this.#blocks.completeSpans(owner.ref, Math.max(owner.folded + 1, owner.first), upTo);
    this.#turn.folded.push([owner, upTo]);
    return done;
  }

  /** Drops from the tail what is in blocks or gone. */
  #settle(owner: ArchiveOwner): void {
    const count = firstAfter(owner.tail, Math.max(owner.folded, owner.first - 1));
    for (let i = 0; i < count; i++) this.#weight -= weigh(owner.tail[i]);
    owner.tail = owner.tail.slice(count);
    if (owner.tail.length === 0) this.#waiting.delete(owner.ref);
  }

  /** Fills memory from the journal of a process that died. What is in it may be in a block already, or gone. */
  recover(): void {
    const owners = new Map<number, ArchiveOwner>();
    for (const { id, refs, keys, data } of this.#sql.journal.iterate()) {
      this.#lastRow = id;
      const refOf: number[] = JSON.parse(refs);
      for (const [i, key] of readKeys(keys).entries()) {
        const ref = refOf[i] ?? 0;
        this.#written += key.to - key.from + key.with.length + ENTRY;
        const owner = owners.get(ref) ?? this.#ofRef(ref);
        owners.set(ref, owner);
        owner.last = Math.max(owner.last, key.seq);
        if (key.seq < owner.first || key.seq <= owner.folded) continue;
        const entry = readEntry(key, data);
        owner.tail.push(entry);
        this.#weight += weigh(entry);
        this.#waiting.set(ref, owner);
      }
    }
  }

  #ofRef(ref: number): ArchiveOwner {
    const row = this.#sql.ownerOfRef.get(ref);
    if (row === undefined) throw new TypeError(`the journal has an owner ${ref} that is not in archive_owner`);
    return this.#known([row.host, row.store, row.owner], ref, row.first, row.last);
  }

  #known(names: readonly [string, string, string], ref: number, first: number, last: number): ArchiveOwner {
    const folded = this.#sql.lastInBlock.get(ref)?.last ?? 0;
    return new ArchiveOwner(names, ref, first, Math.max(last, folded), folded);
  }
}

/** Characters of data and keys; the rest of an entry, in memory and in the journal, is about as much as this. */
function weigh(entry: ArchiveEntry | undefined): number {
  return entry === undefined ? 0 : entry.data.length + entry.with.length + ENTRY;
}

const ENTRY = 64;

function newTurn(): Turn {
  return { owners: [], entries: [], weight: 0, written: 0, created: [], trimmed: [], folded: [] };
}
