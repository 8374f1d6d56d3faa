import { type ArchiveEntry, type ArchiveRange, type ArchiveStore, checkTime } from '#core';
import { type ArchiveStatements, SPAN } from './archive-statements.ts';
import type { GroupCommit } from './group-commit.ts';

const FAR = Number.MAX_SAFE_INTEGER;

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

  append(owner: string, entry: Omit<ArchiveEntry, 'seq'>): Promise<number> {
    const { id, at, with: other, data } = entry;
    return this.#group.write(() => {
      checkTime(at);
      const row = this.#sql.number.get(this.#host, this.#name, owner);
      if (row === undefined) throw new TypeError('RETURNING gave no row');
      this.#sql.insert.run(row.ref, row.last, id, at, other, data);
      this.#sql.widen.run(row.ref, spanOf(row.last), at, at);
      return row.last;
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

  find(owner: string, id: string): ArchiveEntry | undefined {
    return this.#group.read(() => {
      const ref = this.#ref(owner);
      return ref === undefined ? undefined : this.#sql.find.get(ref, id);
    });
  }

  head(owner: string): number {
    return this.#group.read(() => {
      const ref = this.#ref(owner);
      return ref === undefined ? 0 : (this.#sql.head.get(ref)?.seq ?? 0);
    });
  }

  drain(owner: string, limit: number): Promise<readonly ArchiveEntry[]> {
    return this.#group.write(() => {
      const ref = this.#ref(owner);
      const entries = ref === undefined ? [] : this.#sql.oldest.all(ref, limit);
      const last = entries.at(-1);
      if (ref !== undefined && last !== undefined) {
        this.#sql.remove.run(ref, last.seq);
        this.#sql.removeSpans.run(ref, spanOf(last.seq));
      }
      return entries;
    });
  }

  purge(owner: string): Promise<void> {
    return this.#group.write(() => {
      const ref = this.#ref(owner);
      if (ref === undefined) return;
      this.#sql.remove.run(ref, FAR);
      this.#sql.removeSpans.run(ref, FAR);
    });
  }

  #ref(owner: string): number | undefined {
    return this.#sql.ref.get(this.#host, this.#name, owner)?.ref;
  }
}

function spanOf(seq: number): number {
  return Math.floor(seq / SPAN);
}
