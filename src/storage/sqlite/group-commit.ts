import Sqlite, { type Database, type Statement } from 'better-sqlite3';
import type { StorageError } from '#core';
import { sqliteError } from './sqlite-error.ts';

interface Group {
  readonly committed: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  readonly timer: NodeJS.Immediate;
  /** Why the transaction is gone; those who wait for it learn it at the end of the turn, as of a failed commit. */
  failure: StorageError | undefined;
}

/** Has a part in every commit. */
export interface Participant {
  /** The last writes of the transaction. What it throws loses the group. */
  prepare(): void;
  committed(): void;
  /** The transaction is rolled back, prepared or not. */
  lost(): void;
}

/**
 * One transaction per turn of the event loop: a commit costs a system call or, with durability `full`, a flush of the
 * disk, and a busy turn shares it. The first write begins, the end of the turn commits and lets everybody know.
 */
export class GroupCommit {
  readonly #db: Database;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #participant: Participant | undefined;
  readonly #onLost: (error: StorageError) => void;
  #group: Group | undefined;

  constructor(db: Database, participant?: Participant, onLost: (error: StorageError) => void = () => {}) {
    this.#db = db;
    this.#participant = participant;
    this.#onLost = onLost;
    // At once the writer's lock: a transaction that began as a reader may fail later, when others already joined it.
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
  }

  /**
   * Runs `work` now, in the transaction of this turn. What else than SQLite throws inside `work`, before it has written
   * anything, concerns this call only; an SQLite error takes the group with it, for a group is all or none.
   * @throws {StorageError} when the group is lost already, or is now.
   */
  join<T>(work: () => T): T {
    const group = this.open();
    try {
      return work();
    } catch (error) {
      if (!(error instanceof Sqlite.SqliteError)) throw error;
      throw this.#lose(group, error);
    }
  }

  /**
   * Begins the transaction of this turn, if nobody has.
   * @throws {StorageError} when the group is lost already, or is now.
   */
  open(): Group {
    const group = this.#group ?? this.#begun();
    if (group.failure !== undefined) throw group.failure;
    return group;
  }

  /** As `join`; the value arrives after the commit. */
  async write<T>(work: () => T): Promise<T> {
    const value = this.join(work);
    await this.committed();
    return value;
  }

  /** Of what was written so far; undefined when nothing is pending. */
  committed(): Promise<void> | undefined {
    return this.#group?.committed;
  }

  /** Sees what this turn has written, committed or not. */
  read<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw sqliteError(this.#db.name, error);
    }
  }

  /** Commits what is pending without waiting for the end of the turn. */
  flush(): void {
    const group = this.#group;
    if (group === undefined) return;
    this.#group = undefined;
    clearImmediate(group.timer);
    try {
      if (group.failure !== undefined) throw group.failure;
      this.#participant?.prepare();
      this.#commit.run();
    } catch (error) {
      group.reject(group.failure ?? this.#lose(group, error));
      return;
    }
    this.#participant?.committed();
    group.resolve();
  }

  #begun(): Group {
    const group = newGroup(() => this.flush());
    this.#group = group;
    try {
      this.#begin.run();
    } catch (error) {
      this.#lose(group, error);
    }
    return group;
  }

  /** The group stays the present one until the turn ends, so that its later writes are refused too. */
  #lose(group: Group, cause: unknown): StorageError {
    group.failure = sqliteError(this.#db.name, cause);
    // SQLite has rolled back by itself after most errors, not after all.
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    this.#participant?.lost();
    this.#onLost(group.failure);
    return group.failure;
  }
}

function newGroup(endOfTurn: () => void): Group {
  let resolve = () => {};
  let reject: Group['reject'] = () => {};
  const committed = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Not everybody who writes waits for it.
  committed.catch(() => {});
  return { committed, resolve, reject, timer: setImmediate(endOfTurn), failure: undefined };
}
