import type { Database, Statement } from 'better-sqlite3';
import type { JournalText } from './waiting-entries.ts';

/** Numbers per row of `archive_span`. A page by time reads one row in so many of the whole archive's. */
export const SPAN = 128;

export function spanOf(seq: number): number {
  return Math.floor(seq / SPAN);
}

/** Numbers from `from` to `to`, and above `after`; times; `with`, and how it looks in keys, where the statement has it. */
export interface BlockRange {
  ref: number;
  from: number;
  to: number;
  after: number;
  start: number;
  end: number;
  with: string;
  withInKeys: string;
}

export type BlockWalk = Statement<[BlockRange], { id: number; keys: string }>;

type Names = [string, string, string];

/** Prepared once per file. `ref` is the short name of (host, store, owner). */
export class ArchiveStatements {
  readonly owner: Statement<Names, { ref: number; first: number; last: number }>;
  readonly ownerOfRef: Statement<[number], { host: string; store: string; owner: string; first: number; last: number }>;
  /** Makes the row when there is none, and raises the last number given. */
  readonly keepOwner: Statement<[...Names, number], { ref: number }>;
  readonly setOwner: Statement<[number, number, number]>;

  readonly journal: Statement<[], JournalText & { id: number }>;
  readonly addJournal: Statement<[number, string, string, string]>;
  readonly removeJournal: Statement<[number]>;

  readonly addBlock: Statement<[number, number, number, number, number, number, string, string]>;
  /** The oldest block that reaches a number. */
  readonly firstInBlock: Statement<[number, number], { first: number }>;
  readonly lastInBlock: Statement<[number], { last: number }>;
  readonly data: Statement<[number], { data: string }>;
  readonly keysBetween: Statement<[number, number, number], { keys: string }>;
  /** The blocks of a range, and those of its spans that may match by time, or by time and correspondent. */
  readonly blocks: Record<'ASC' | 'DESC', BlockWalk>;
  readonly blocksByTime: Record<'ASC' | 'DESC', BlockWalk>;
  readonly blocksByWith: Record<'ASC' | 'DESC', BlockWalk>;
  /** What lies below a number, at most so many blocks. */
  readonly removeBlocks: Statement<[number, number, number, number]>;

  readonly addSpan: Statement<[{ ref: number; span: number }]>;
  readonly addWith: Statement<[number, number, string]>;
  readonly removeSpans: Statement<[number, number]>;
  readonly removeWith: Statement<[number, number]>;
  readonly size: Statement<[{ ref: number; first: number; span: number; open: number }], { size: number }>;

  constructor(db: Database) {
    this.owner = db.prepare('SELECT ref, first, last FROM archive_owner WHERE host = ? AND store = ? AND owner = ?');
    this.ownerOfRef = db.prepare('SELECT host, store, owner, first, last FROM archive_owner WHERE ref = ?');
    this.keepOwner = db.prepare(
      `INSERT INTO archive_owner (host, store, owner, first, last) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT (host, store, owner) DO UPDATE SET last = max(last, excluded.last) RETURNING ref`,
    );
    this.setOwner = db.prepare('UPDATE archive_owner SET first = ?, last = ? WHERE ref = ?');

    this.journal = db.prepare('SELECT id, refs, keys, data FROM archive_journal ORDER BY id');
    this.addJournal = db.prepare('INSERT INTO archive_journal (id, refs, keys, data) VALUES (?, ?, ?, ?)');
    this.removeJournal = db.prepare('DELETE FROM archive_journal WHERE id <= ?');

    this.addBlock = db.prepare(
      `INSERT INTO archive_block (ref, first, last, earliest, latest, size, keys, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.firstInBlock = db.prepare(
      'SELECT first FROM archive_block WHERE ref = ? AND last >= ? ORDER BY first LIMIT 1',
    );
    this.lastInBlock = db.prepare('SELECT last FROM archive_block WHERE ref = ? ORDER BY first DESC LIMIT 1');
    this.data = db.prepare('SELECT data FROM archive_block WHERE id = ?');
    this.keysBetween = db.prepare(
      'SELECT keys FROM archive_block WHERE ref = ? AND first BETWEEN ? AND ? ORDER BY first',
    );
    this.blocks = both((direction) => db.prepare(blocksSql(direction)));
    this.blocksByTime = both((direction) => db.prepare(spansSql(direction, false)));
    this.blocksByWith = both((direction) => db.prepare(spansSql(direction, true)));
    this.removeBlocks = db.prepare(
      `DELETE FROM archive_block WHERE id IN
         (SELECT id FROM archive_block WHERE ref = ? AND first < ? AND last < ? ORDER BY first LIMIT ?)`,
    );

    this.addSpan = db.prepare(
      `INSERT INTO archive_span (ref, span, earliest, latest, size)
       SELECT @ref, @span, min(earliest), max(latest), sum(size) FROM archive_block
       WHERE ref = @ref AND first BETWEEN @span * ${SPAN} AND @span * ${SPAN} + ${SPAN - 1} HAVING count(*) > 0`,
    );
    this.addWith = db.prepare('INSERT INTO archive_with (ref, span, "with") VALUES (?, ?, ?)');
    this.removeSpans = db.prepare('DELETE FROM archive_span WHERE ref = ? AND span < ?');
    this.removeWith = db.prepare('DELETE FROM archive_with WHERE ref = ? AND span < ?');
    this.size = db.prepare(
      `SELECT (SELECT total(size) FROM archive_span WHERE ref = @ref AND span > @span AND span < @open)
         + (SELECT total(size) FROM archive_block WHERE ref = @ref AND last >= @first
              AND first BETWEEN @span * ${SPAN} AND @span * ${SPAN} + ${SPAN - 1})
         + (SELECT total(size) FROM archive_block
              WHERE ref = @ref AND first >= @open * ${SPAN} AND first >= (@span + 1) * ${SPAN}) AS size`,
    );
  }
}

function both<T>(make: (direction: 'ASC' | 'DESC') => T): Record<'ASC' | 'DESC', T> {
  return { ASC: make('ASC'), DESC: make('DESC') };
}

const MATCHES = 'b.last > @after AND b.latest >= @start AND b.earliest <= @end';

function blocksSql(direction: string): string {
  return `SELECT b.id, b.keys FROM archive_block b
    WHERE b.ref = @ref AND b.first BETWEEN @from AND @to AND ${MATCHES}
    ORDER BY b.first ${direction}`;
}

/**
 * CROSS JOIN keeps this order of loops: the spans that may match, then their blocks, already sorted. The plus keeps the
 * bounds of the whole range from being taken for those of the walk through the index.
 */
function spansSql(direction: string, isWith: boolean): string {
  const spans = isWith ? 'archive_with w INDEXED BY archive_with_span CROSS JOIN archive_span s' : 'archive_span s';
  const ofOther = isWith
    ? 'w.ref = @ref AND w."with" = @with AND w.span = s.span AND instr(b.keys, @withInKeys) AND'
    : '';
  const span = isWith ? 'w.span' : 's.span';
  return `SELECT b.id, b.keys FROM ${spans} CROSS JOIN archive_block b
    WHERE ${ofOther} ${span} BETWEEN CAST(@from AS INTEGER) / ${SPAN} AND CAST(@to AS INTEGER) / ${SPAN}
      AND s.ref = @ref AND s.latest >= @start AND s.earliest <= @end
      AND b.ref = @ref AND b.first BETWEEN ${span} * ${SPAN} AND ${span} * ${SPAN} + ${SPAN - 1}
      AND +b.first BETWEEN @from AND @to AND ${MATCHES}
    ORDER BY ${span} ${direction}, b.first ${direction}`;
}
