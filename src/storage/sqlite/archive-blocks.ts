import { type ArchiveEntry, type ArchiveRange, type Indexed, selectEntries } from '#core';
import type { ArchiveOwner } from './archive-owner.ts';
import { type ArchiveStatements, type BlockRange, type BlockWalk, SPAN, spanOf } from './archive-statements.ts';
import { readEntry, readKeys, readOthers, writeEntries } from './entry-text.ts';

const FAR = Number.MAX_SAFE_INTEGER;

/** Entries at rest: rows of consecutive entries of one owner, written once and deleted whole. */
export class ArchiveBlocks {
  readonly #sql: ArchiveStatements;

  constructor(sql: ArchiveStatements) {
    this.#sql = sql;
  }

  /** Makes one block of the entries from `from` on, as far as one block may go; answers where the next one begins. */
  write(owner: ArchiveOwner, entries: Indexed<ArchiveEntry>, from: number): number {
    const run = runAt(entries, from);
    const first = run[0]?.seq ?? 0;
    const last = first + run.length - 1;
    let earliest = FAR;
    let latest = -FAR;
    let size = 0;
    for (const { at, data } of run) {
      if (at < earliest) earliest = at;
      if (at > latest) latest = at;
      size += data.length;
    }
    const { keys, data } = writeEntries(run);
    this.#sql.addBlock.run(owner.ref, first, last, earliest, latest, size, keys, data);
    return from + run.length;
  }

  /** Sums up the spans that are full when the numbers from `from` to `to` have come into blocks. */
  completeSpans(ref: number, from: number, to: number): void {
    for (let span = spanOf(from); span < spanOf(to + 1); span++) {
      this.#sql.addSpan.run({ ref, span });
      const others = new Set<string>();
      for (const { keys } of this.#sql.keysBetween.all(ref, span * SPAN, span * SPAN + SPAN - 1)) {
        for (const other of readOthers(keys)) others.add(other);
      }
      for (const other of others) this.#sql.addWith.run(ref, span, other);
    }
  }

  /** Adds to `found` what the range asks for, until that has as many entries as its limit. */
  select(owner: ArchiveOwner, range: ArchiveRange, found: ArchiveEntry[]): void {
    const after = Math.max(range.after ?? 0, owner.first - 1);
    const all: BlockRange = {
      ref: owner.ref,
      from: spanOf(after + 1) * SPAN,
      to: Math.min((range.before ?? FAR) - 1, owner.folded),
      after,
      start: range.start ?? -FAR,
      end: range.end ?? FAR,
      with: range.with ?? '',
      withInKeys: JSON.stringify(range.with ?? ''),
    };
    const direction = range.newestFirst ? 'DESC' : 'ASC';
    const blocks = this.#sql.blocks[direction];
    const isWith = range.with !== undefined;
    if (!isWith && range.start === undefined && range.end === undefined) {
      this.#walk(blocks, all, range, found);
      return;
    }
    const open = spanOf(owner.folded + 1) * SPAN;
    const { [direction]: bySpan } = isWith ? this.#sql.blocksByWith : this.#sql.blocksByTime;
    const ofSpans = () => this.#walk(bySpan, { ...all, to: Math.min(all.to, open - 1) }, range, found);
    if (!range.newestFirst) ofSpans();
    this.#walk(blocks, { ...all, from: Math.max(all.from, open) }, range, found);
    if (range.newestFirst) ofSpans();
  }

  #walk(statement: BlockWalk, blocks: BlockRange, range: ArchiveRange, found: ArchiveEntry[]): void {
    if (blocks.from > blocks.to || found.length >= range.limit) return;
    for (const { id, keys } of statement.iterate(blocks)) {
      const limit = range.limit - found.length;
      const matching = selectEntries(readKeys(keys), { ...range, after: blocks.after, limit });
      if (matching.length === 0) continue;
      const data = this.#sql.data.get(id)?.data ?? '';
      for (const key of matching) found.push(readEntry(key, data));
      if (matching.length === limit) return;
    }
  }

  /** Numbers of the oldest and the newest entry in blocks. */
  ends({ ref, first, folded }: ArchiveOwner): { first: number; last: number } | undefined {
    const oldest = first > folded ? undefined : this.#sql.firstInBlock.get(ref, first)?.first;
    return oldest === undefined ? undefined : { first: Math.max(oldest, first), last: folded };
  }

  /** Of the data in blocks, but for what is gone of the oldest one. */
  size({ ref, first, folded }: ArchiveOwner): number {
    const span = spanOf(first);
    const whole = this.#sql.size.get({ ref, first, span, open: spanOf(folded + 1) })?.size ?? 0;
    const oldest = this.#sql.keysBetween.all(ref, span * SPAN, first - 1).at(-1);
    const keys = oldest === undefined ? [] : readKeys(oldest.keys);
    if ((keys.at(-1)?.seq ?? 0) < first) return whole;
    return keys.reduce((size, { seq, from, to }) => (seq < first ? size - (to - from) : size), whole);
  }

  /** Deletes what lies wholly below `first`; answers whether blocks may be left to delete. */
  sweep({ ref, first }: ArchiveOwner, limit: number): boolean {
    this.#sql.removeSpans.run(ref, spanOf(first));
    this.#sql.removeWith.run(ref, spanOf(first));
    return this.#sql.removeBlocks.run(ref, first, first, limit).changes === limit;
  }
}

/** The entries from `from` on whose numbers are consecutive and in one span. */
function runAt(entries: Indexed<ArchiveEntry>, from: number): readonly ArchiveEntry[] {
  const run: ArchiveEntry[] = [];
  for (let i = from; i < entries.length; i++) {
    const entry = entries.at(i);
    const before = run.at(-1);
    if (entry === undefined || (before && (entry.seq !== before.seq + 1 || entry.seq % SPAN === 0))) break;
    run.push(entry);
  }
  return run;
}
