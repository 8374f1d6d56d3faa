import type { Database, Statement } from 'better-sqlite3';
import type { ArchiveEntry, ArchiveRange } from '#core';

/** Entries per row of `archive_span`, a power of two. */
export const SPAN = 256;

export interface RangeBinding {
  ref: number;
  after: number;
  before: number;
  start: number;
  end: number;
  with: string;
  limit: number;
}

/** Prepared once per file. `ref` is the short name of (host, store, owner). */
export class ArchiveStatements {
  readonly ref: Statement<[string, string, string], { ref: number }>;
  readonly number: Statement<[string, string, string, number], { ref: number; last: number }>;
  readonly insert: Statement<[number, number, number, string, string]>;
  readonly widen: Statement<[number, number, number, number]>;
  readonly get: Statement<[number, number], ArchiveEntry>;
  readonly extent: Statement<[number], { first: number | null; last: number | null; size: number }>;
  /** The oldest up to and including a number, at most so many. */
  readonly oldest: Statement<[number, number, number], ArchiveEntry>;
  readonly shrink: Statement<[number, number]>;
  readonly remove: Statement<[number, number]>;
  readonly removeSpans: Statement<[number, number]>;
  readonly #ranges = new Map<string, Statement<[RangeBinding], ArchiveEntry>>();
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
    this.ref = db.prepare('SELECT ref FROM archive_owner WHERE host = ? AND store = ? AND owner = ?');
    this.number = db.prepare(
      `INSERT INTO archive_owner (host, store, owner, last, size) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT (host, store, owner) DO UPDATE SET last = last + 1, size = size + excluded.size RETURNING ref, last`,
    );
    this.insert = db.prepare('INSERT INTO archive_entry (ref, seq, at, "with", data) VALUES (?, ?, ?, ?, ?)');
    this.widen = db.prepare(
      `INSERT INTO archive_span (ref, span, earliest, latest) VALUES (?, ?, ?, ?)
       ON CONFLICT (ref, span) DO UPDATE
       SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest)`,
    );
    const columns = 'SELECT seq, at, "with", data FROM archive_entry';
    this.get = db.prepare(`${columns} WHERE ref = ? AND seq = ?`);
    this.extent = db.prepare(
      `SELECT (SELECT min(seq) FROM archive_entry WHERE ref = o.ref) AS first,
         (SELECT max(seq) FROM archive_entry WHERE ref = o.ref) AS last, size
       FROM archive_owner o WHERE ref = ?`,
    );
    this.oldest = db.prepare(`${columns} WHERE ref = ? AND seq <= ? ORDER BY seq LIMIT ?`);
    this.shrink = db.prepare('UPDATE archive_owner SET size = size - ? WHERE ref = ?');
    this.remove = db.prepare('DELETE FROM archive_entry WHERE ref = ? AND seq <= ?');
    this.removeSpans = db.prepare('DELETE FROM archive_span WHERE ref = ? AND span < ?');
  }

  /** One statement per shape of a range, made when first asked for: a condition that is always there costs the index. */
  range({ start, end, with: other, newestFirst }: ArchiveRange): Statement<[RangeBinding], ArchiveEntry> {
    const isTimed = start !== undefined || end !== undefined;
    const sql = rangeSql(isTimed, other !== undefined, newestFirst ? 'DESC' : 'ASC');
    let statement = this.#ranges.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#ranges.set(sql, statement);
    }
    return statement;
  }
}

function rangeSql(isTimed: boolean, isWith: boolean, direction: 'ASC' | 'DESC'): string {
  const ofOther = isWith ? 'AND e."with" = @with' : '';
  // The planner, which knows nothing of the data, would walk the whole archive for a rare correspondent.
  const entries = isWith ? 'archive_entry e INDEXED BY archive_entry_with' : 'archive_entry e';
  const columns = 'SELECT e.seq, e.at, e."with", e.data';
  if (!isTimed) {
    return `${columns} FROM ${entries} WHERE e.ref = @ref AND e.seq > @after AND e.seq < @before ${ofOther}
      ORDER BY e.seq ${direction} LIMIT @limit`;
  }
  // CROSS JOIN keeps this order of loops: the spans that may match, then their entries, already sorted.
  return `${columns} FROM archive_span s CROSS JOIN ${entries}
    WHERE s.ref = @ref AND s.span >= CAST(@after AS INTEGER) / ${SPAN} AND s.span <= CAST(@before AS INTEGER) / ${SPAN}
      AND s.latest >= @start AND s.earliest <= @end
      AND e.ref = @ref AND e.seq >= s.span * ${SPAN} AND e.seq < (s.span + 1) * ${SPAN} ${ofOther}
      AND e.seq > @after AND e.seq < @before AND e.at >= @start AND e.at <= @end
    ORDER BY s.span ${direction}, e.seq ${direction} LIMIT @limit`;
}
