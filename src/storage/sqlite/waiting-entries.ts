import type { ArchiveEntry, Indexed } from '#core';
import type { ArchiveOwner } from './archive-owner.ts';

/** A row of archive_journal: what arrived in one turn. */
export interface JournalText {
  /** Of each entry, whose it is: JSON. */
  readonly refs: string;
  /** A JournalKeys as JSON. */
  readonly keys: string;
  /** The texts one after the other, which are neither escaped nor parsed. */
  readonly data: string;
}

/** A value for each entry. */
interface JournalKeys {
  readonly seqs: readonly number[];
  /** The first in milliseconds since the epoch, the others since the one before. */
  readonly times: readonly number[];
  readonly withs: readonly string[];
  /** Of its data, in UTF-16 code units. */
  readonly lengths: readonly number[];
}

/** In place of a length: the data of the entry before. A message to both its sides' archives is written once. */
const AGAIN = -1;

/** Makes an entry when it is asked for one. */
export interface WaitingOfOne extends Indexed<ArchiveEntry> {
  weigh(index: number): number;
}

/** What an entry weighs besides its texts, which is about what it takes in memory and in the journal. */
const ENTRY = 64;

/**
 * Entries of all owners in the order of their arrival, until they are in blocks. There may be 50,000 of them, and they stay
 * long enough for the garbage collector to move and trace them: they are columns and not objects. Those of one owner are a
 * chain from the newest to the oldest, so that an append touches nothing of the owner but the end of it.
 *
 * An entry is known by its place, counted from 1 since the start.
 */
export class WaitingEntries {
  #refs: number[] = [];
  #seqs: number[] = [];
  #times: number[] = [];
  #withs: string[] = [];
  /** Which of the texts is its data. */
  #texts: number[] = [];
  /** How many places before it the same owner has another; more than there are where he has none. */
  #before: number[] = [];
  #data: string[] = [];
  /** How many entries and texts are not here any more. */
  #gone = 0;
  #goneTexts = 0;
  /** The last place and the number of texts before this turn. */
  #settled = 0;
  #settledTexts = 0;

  /** The last place. */
  get last(): number {
    return this.#gone + this.#seqs.length;
  }

  /** Answers its weight. */
  add(owner: ArchiveOwner, { seq, at, with: other, data }: ArchiveEntry): number {
    const texts = this.#data;
    const isFirst = this.#goneTexts + texts.length === this.#settledTexts;
    if (isFirst || texts[texts.length - 1] !== data) texts.push(data);
    this.#refs.push(owner.ref);
    this.#seqs.push(seq);
    this.#times.push(at);
    this.#withs.push(other);
    this.#texts.push(this.#goneTexts + texts.length - 1);
    this.#before.push(this.last - owner.newest);
    owner.newest = this.last;
    return this.#weigh(this.last);
  }

  /** Whether an owner whose newest place this is has any here; they may be in blocks as well, or gone. */
  has(newest: number): boolean {
    return newest > this.#gone;
  }

  /** Characters of keys and data, and ENTRY, which is about as much as the rest takes in memory and in the journal. */
  #weigh(place: number): number {
    const i = place - this.#gone - 1;
    return ENTRY + (this.#withs[i]?.length ?? 0) + (this.#isAgain(i) ? 0 : this.#dataOf(i).length);
  }

  #entry(place: number): ArchiveEntry {
    const i = place - this.#gone - 1;
    return {
      seq: this.#seqs[i] as number,
      at: this.#times[i] as number,
      with: this.#withs[i] as string,
      data: this.#dataOf(i),
    };
  }

  /** An owner's entries that are in no block and not gone, ascending. */
  of({ newest, folded, first }: ArchiveOwner): WaitingOfOne {
    const above = Math.max(folded, first - 1);
    const places: number[] = [];
    for (let place = newest; place > this.#gone; ) {
      const i = place - this.#gone - 1;
      if ((this.#seqs[i] as number) <= above) break;
      places.push(place);
      place -= this.#before[i] as number;
    }
    places.reverse();
    const at = (i: number) => (i < places.length ? this.#entry(places[i] as number) : undefined);
    return { length: places.length, at, weigh: (i) => this.#weigh(places[i] as number) };
  }

  /** The row of what was added in this turn. */
  write(): JournalText {
    const from = this.#settled - this.#gone;
    const times = this.#times.slice(from);
    const keys: JournalKeys = {
      seqs: this.#seqs.slice(from),
      times: times.map((at, i) => at - (times[i - 1] ?? 0)),
      withs: this.#withs.slice(from),
      lengths: times.map((_, i) => (this.#isAgain(from + i) ? AGAIN : this.#dataOf(from + i).length)),
    };
    return { refs: JSON.stringify(this.#refs.slice(from)), keys: JSON.stringify(keys), data: this.#joined() };
  }

  /**
   * The texts of this turn. From now on they are parts of it: what their strings were made of, pieces of a stanza or of a
   * packet, need not stay in memory with them.
   */
  #joined(): string {
    const from = this.#settledTexts - this.#goneTexts;
    const data = this.#data.slice(from).join('');
    let to = 0;
    for (let i = from; i < this.#data.length; i++) {
      const { length } = this.#data[i] as string;
      this.#data[i] = data.slice(to, to + length);
      to += length;
    }
    return data;
  }

  /** Adds nothing to the turn. */
  settle(): void {
    this.#settled = this.last;
    this.#settledTexts = this.#goneTexts + this.#data.length;
  }

  /** Takes back what was added in this turn. `owners` had it added, in this order. */
  undo(owners: readonly ArchiveOwner[]): void {
    const count = this.#settled - this.#gone;
    for (let i = owners.length - 1; i >= 0; i--)
      (owners[i] as ArchiveOwner).newest -= this.#before[count + i] as number;
    for (const column of [this.#refs, this.#seqs, this.#times, this.#withs, this.#texts, this.#before])
      column.length = count;
    this.#data.length = this.#settledTexts - this.#goneTexts;
  }

  /** All up to a place where a turn ended are in blocks or gone. */
  release(upTo: number): void {
    const count = upTo - this.#gone;
    const texts = (this.#texts[count] ?? this.#goneTexts + this.#data.length) - this.#goneTexts;
    this.#refs = this.#refs.slice(count);
    this.#seqs = this.#seqs.slice(count);
    this.#times = this.#times.slice(count);
    this.#withs = this.#withs.slice(count);
    this.#texts = this.#texts.slice(count);
    this.#before = this.#before.slice(count);
    this.#data = this.#data.slice(texts);
    this.#gone += count;
    this.#goneTexts += texts;
  }

  #isAgain(i: number): boolean {
    return i > 0 && this.#texts[i] === this.#texts[i - 1];
  }

  #dataOf(i: number): string {
    return this.#data[(this.#texts[i] as number) - this.#goneTexts] as string;
  }
}

/** An entry of a row, and whose it is. */
export interface JournalEntry extends ArchiveEntry {
  readonly ref: number;
}

export function readJournal({ refs, keys, data }: JournalText): JournalEntry[] {
  const whose: number[] = JSON.parse(refs);
  const { seqs, times, withs, lengths }: JournalKeys = JSON.parse(keys);
  let [at, from, to] = [0, 0, 0];
  return seqs.map((seq, i) => {
    at += times[i] ?? 0;
    const length = lengths[i] ?? 0;
    if (length !== AGAIN) [from, to] = [to, to + length];
    return { ref: whose[i] ?? 0, seq, at, with: withs[i] ?? '', data: data.slice(from, to) };
  });
}
