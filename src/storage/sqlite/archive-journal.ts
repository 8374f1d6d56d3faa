import type { ArchiveEntry, Indexed } from '#core';
import type { ArchiveBlocks } from './archive-blocks.ts';
import { ArchiveOwner } from './archive-owner.ts';
import type { ArchiveStatements } from './archive-statements.ts';
import type { Participant } from './group-commit.ts';
import { readJournal, WaitingEntries } from './waiting-entries.ts';

/** Moves what waits to blocks: owner by owner in the order of the tables, so that few pages change much. */
interface Fold {
  readonly owners: readonly ArchiveOwner[];
  next: number;
  /** When it is done, the journal up to this row is in blocks, which has the entries up to this place; and what they weigh. */
  readonly row: number;
  readonly place: number;
  readonly weight: number;
}

/** What one turn did to the state in memory, to be finished when it is committed and undone when it is lost. */
interface Turn {
  /** Of each entry that was appended. */
  readonly owners: ArchiveOwner[];
  weight: number;
  readonly created: ArchiveOwner[];
  /** With what was `first` before. */
  readonly trimmed: [owner: ArchiveOwner, first: number][];
  /** With the last number that went to blocks. */
  readonly folded: [owner: ArchiveOwner, upTo: number][];
  /** Came to its end. */
  done: Fold | undefined;
}

/**
 * Entries between their arrival and their block (ADR 6). They are in memory, where reads find them, and in the journal,
 * from where they come back when the process died.
 */
export class ArchiveJournal implements Participant {
  readonly #sql: ArchiveStatements;
  readonly #blocks: ArchiveBlocks;
  readonly #entries = new WaitingEntries();
  /** Whose they are. */
  readonly #owners = new Map<number, ArchiveOwner>();
  /** What they weigh, and how much that may be before they are moved to blocks. */
  #weight = 0;
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
    return row && (this.#owners.get(row.ref) ?? this.#known(names, row.ref, row.first, row.last));
  }

  /** Gives the owner its row. */
  create(owner: ArchiveOwner): void {
    const row = this.#sql.keepOwner.get(...owner.names, owner.last);
    if (row === undefined) throw new TypeError('RETURNING gave no row');
    owner.ref = row.ref;
    this.#turn.created.push(owner);
  }

  /** The transaction of the turn is open. */
  append(owner: ArchiveOwner, entry: ArchiveEntry): void {
    if (!this.#entries.has(owner.newest)) this.#owners.set(owner.ref, owner);
    const weight = this.#entries.add(owner, entry);
    if (owner.size !== undefined) owner.size += entry.data.length;
    this.#turn.owners.push(owner);
    this.#turn.weight += weight;
    this.#weight += weight;
  }

  /** The entries of an owner that are in no block, ascending. */
  waiting(owner: ArchiveOwner): Indexed<ArchiveEntry> {
    return this.#entries.of(owner);
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
    const { owners, weight } = this.#turn;
    if (owners.length > 0) {
      const { refs, keys, data } = this.#entries.write();
      this.#lastRow += 1;
      this.#sql.addJournal.run(this.#lastRow, refs, keys, data);
    }
    // A little in each turn, but twice what arrived, so that it comes to an end.
    if (this.#fold !== undefined || this.#weight > this.#limit) this.#foldSome(2 * weight);
  }

  committed(): void {
    const { folded, done } = this.#turn;
    for (const [owner, upTo] of folded) owner.folded = upTo;
    this.#entries.settle();
    if (done !== undefined) this.#release(done);
    this.#ahead.clear();
    this.#turn = newTurn();
  }

  lost(): void {
    const { owners, created, trimmed, weight } = this.#turn;
    this.#entries.undo(owners);
    for (const owner of owners) {
      owner.size = undefined;
      this.#ahead.add(owner);
      if (!this.#entries.has(owner.newest)) this.#owners.delete(owner.ref);
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
      owners: [...this.#owners.values()].sort((a, b) => a.ref - b.ref),
      next: 0,
      row: this.#lastRow,
      place: this.#entries.last,
      weight: this.#weight,
    };
    let left = budget;
    while (left > 0) {
      const owner = this.#fold.owners[this.#fold.next];
      if (owner === undefined) {
        this.#sql.removeJournal.run(this.#fold.row);
        this.#turn.done = this.#fold;
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
    const entries = this.#entries.of(owner);
    let done = 0;
    let next = 0;
    while (next < entries.length && done < budget) {
      const from = next;
      next = this.#blocks.write(owner, entries, from);
      for (let i = from; i < next; i++) done += entries.weigh(i);
    }
    const upTo = entries.at(next - 1)?.seq;
    if (upTo === undefined) return 0;
    this.#blocks.completeSpans(owner.ref, Math.max(owner.folded + 1, owner.first), upTo);
    this.#turn.folded.push([owner, upTo]);
    return done;
  }

  #release({ owners, place, weight }: Fold): void {
    this.#entries.release(place);
    this.#weight -= weight;
    for (const owner of owners) if (!this.#entries.has(owner.newest)) this.#owners.delete(owner.ref);
  }

  /** Fills memory from the journal of a process that died. What is in it may be in a block already, or gone. */
  recover(): void {
    for (const row of this.#sql.journal.iterate()) {
      this.#lastRow = row.id;
      for (const entry of readJournal(row)) {
        const { ref, seq } = entry;
        const owner = this.#owners.get(ref) ?? this.#ofRef(ref);
        this.#owners.set(ref, owner);
        owner.last = Math.max(owner.last, seq);
        this.#weight += this.#entries.add(owner, entry);
      }
      this.#entries.settle();
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

function newTurn(): Turn {
  return { owners: [], weight: 0, created: [], trimmed: [], folded: [], done: undefined };
}
