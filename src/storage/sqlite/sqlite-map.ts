import type { Database, Statement } from 'better-sqlite3';
import { encodeValue, type MapStore } from '#core';
import type { GroupCommit } from './group-commit.ts';

interface OwnersBinding {
  host: string;
  store: string;
  bound: string;
  limit: number;
}

/** Prepared once per file; every store binds its host and name. */
export class MapStatements {
  readonly get: Statement<[string, string, string, string], { value: string }>;
  readonly entries: Statement<[string, string, string], { key: string; value: string }>;
  readonly put: Statement<[string, string, string, string, string]>;
  readonly delete: Statement<[string, string, string, string]>;
  readonly purge: Statement<[string, string, string]>;
  /** From an owner on, and after an owner. */
  readonly ownersFrom: Statement<[OwnersBinding], { owner: string }>;
  readonly ownersAfter: Statement<[OwnersBinding], { owner: string }>;

  constructor(db: Database) {
    this.get = db.prepare('SELECT value FROM map WHERE host = ? AND store = ? AND owner = ? AND key = ?');
    this.entries = db.prepare('SELECT key, value FROM map WHERE host = ? AND store = ? AND owner = ? ORDER BY key');
    this.put = db.prepare(
      `INSERT INTO map (host, store, owner, key, value) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (host, store, owner, key) DO UPDATE SET value = excluded.value`,
    );
    this.delete = db.prepare('DELETE FROM map WHERE host = ? AND store = ? AND owner = ? AND key = ?');
    this.purge = db.prepare('DELETE FROM map WHERE host = ? AND store = ? AND owner = ?');
    this.ownersFrom = db.prepare(ownersSql('>='));
    this.ownersAfter = db.prepare(ownersSql('>'));
  }
}

/** Leaps from owner to owner: SELECT DISTINCT would read every key of each. */
function ownersSql(compare: '>=' | '>'): string {
  return `WITH RECURSIVE leap (owner) AS (
      SELECT min(owner) FROM map WHERE host = @host AND store = @store AND owner ${compare} @bound
      UNION ALL
      SELECT (SELECT min(owner) FROM map WHERE host = @host AND store = @store AND owner > leap.owner)
      FROM leap WHERE leap.owner IS NOT NULL
    )
    SELECT owner FROM leap WHERE owner IS NOT NULL LIMIT @limit`;
}

export class SqliteMap<V> implements MapStore<V> {
  readonly #group: GroupCommit;
  readonly #sql: MapStatements;
  readonly #host: string;
  readonly #name: string;

  constructor(group: GroupCommit, sql: MapStatements, host: string, name: string) {
    this.#group = group;
    this.#sql = sql;
    this.#host = host;
    this.#name = name;
  }

  get(owner: string, key: string): V | undefined {
    const row = this.#group.read(() => this.#sql.get.get(this.#host, this.#name, owner, key));
    return row === undefined ? undefined : JSON.parse(row.value);
  }

  entries(owner: string): ReadonlyMap<string, V> {
    const rows = this.#group.read(() => this.#sql.entries.all(this.#host, this.#name, owner));
    return new Map(rows.map(({ key, value }) => [key, JSON.parse(value)]));
  }

  update(owner: string, key: string, change: (present: V | undefined) => V | undefined): Promise<V | undefined> {
    return this.#group.write(() => {
      const row = this.#sql.get.get(this.#host, this.#name, owner, key);
      const next = change(row === undefined ? undefined : JSON.parse(row.value));
      if (next !== undefined) this.#sql.put.run(this.#host, this.#name, owner, key, encodeValue(next));
      else if (row !== undefined) this.#sql.delete.run(this.#host, this.#name, owner, key);
      return next;
    });
  }

  purge(owner: string): Promise<void> {
    return this.#group.write(() => {
      this.#sql.purge.run(this.#host, this.#name, owner);
    });
  }

  owners(after?: string, limit?: number): readonly string[] {
    const sql = after === undefined ? this.#sql.ownersFrom : this.#sql.ownersAfter;
    const rows = this.#group.read(() =>
      sql.all({ host: this.#host, store: this.#name, bound: after ?? '', limit: limit ?? -1 }),
    );
    return rows.map(({ owner }) => owner);
  }
}
