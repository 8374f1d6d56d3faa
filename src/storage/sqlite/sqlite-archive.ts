import {
  type ArchiveEntry,
  type ArchiveExtent,
  type ArchiveRange,
  type ArchiveStore,
  checkTime,
  TRIM_ENTRIES,
} from '#core';
import { type ArchiveStatements, SPAN } from './archive-statements.ts';
import type { GroupCommit } from './group-commit.ts';

const FAR = Number.MAX_SAFE_INTEGER;
const NOTHING: ArchiveExtent = { first: 0, last: 0, size: 0 };

export class SqliteArchive implements ArchiveStore {
  readonly #group: GroupCommit;
  readonly #sql: ArchiveStatements;
  readonly #host: string;
  readonly #name: string;

  constructor(group: GroupCommit, sql: ArchiveStatements, host: string, name: string) {
    this.#group = group;
    this.#sql = sql;
    this.#host = host;
    this.#name = name;
  }

  append(owner: string, { at, with: other, data }: Omit<ArchiveEntry, 'seq'>): number {
    return this.#group.join(() => {
      checkTime(at);
      const row = this.#sql.number.get(this.#host, this.#name, owner, data.length);
      if (row === undefined) throw new TypeError('RETURNING gave no row');
      this.#sql.insert.run(row.ref, row.last, at, other, data);
      this.#sql.widen.run(row.ref, spanOf(row.last), at, at);
      return row.last;
    });
  }

  get(owner: string, seq: number): ArchiveEntry | undefined {
    return this.#group.read(() => {
      const ref = this.#ref(owner);
      return ref === undefined ? undefined : this.#sql.get.get(ref, seq);
    });
  }

  query(owner: string, range: ArchiveRange): readonly ArchiveEntry[] {
    return this.#group.read(() => {
      const ref = this.#ref(owner);
      if (ref === undefined) return [];
      return this.#sql.range(range).all({
        ref,
        after: range.after ?? 0,
        before: range.before ?? FAR,
        start: range.start ?? -FAR,
        end: range.end ?? FAR,
        with: range.with ?? '',
        limit: range.limit,
      });
    });
  }

  head(owner: string): number {
    return this.extent(owner).last;
  }

  extent(owner: string): ArchiveExtent {
    return this.#group.read(() => {
      const ref = this.#ref(owner);
      const { first, last, size } = (ref === undefined ? undefined : this.#sql.extent.get(ref)) ?? NOTHING;
      return { first: first ?? 0, last: last ?? 0, size };
    });
  }

  drain(owner: string, limit: number): Promise<readonly ArchiveEntry[]> {
    return this.#group.write(() => this.#take(owner, FAR, limit));
  }

  trim(owner: string, upTo: number): Promise<number> {
    return this.#group.write(() => this.#take(owner, upTo, TRIM_ENTRIES).length);
  }

  purge(owner: string): Promise<void> {
    return this.#group.write(() => {
      this.#take(owner, FAR, FAR);
    });
  }

  #take(owner: string, upTo: number, limit: number): readonly ArchiveEntry[] {
    const ref = this.#ref(owner);
    const entries = ref === undefined ? [] : this.#sql.oldest.all(ref, upTo, limit);
    const last = entries.at(-1);
    if (ref === undefined || last === undefined) return [];
    this.#sql.remove.run(ref, last.seq);
    this.#sql.removeSpans.run(ref, spanOf(last.seq));
    this.#sql.shrink.run(
      entries.reduce((size, { data }) => size + data.length, 0),
      ref,
    );
    return entries;
  }

  #ref(owner: string): number | undefined {
    return this.#sql.ref.get(this.#host, this.#name, owner)?.ref;
  }
}

function spanOf(seq: number): number {
  return Math.floor(seq / SPAN);
}
