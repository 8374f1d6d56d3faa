/**
 * The storage contract: two kinds of store, bound to one virtual host. Every driver passes test/contract/storage.test.ts.
 *
 * Owners, keys, ids and `with` are well-formed strings without U+0000 (what XML allows). They are ordered by code point,
 * which is the order of their UTF-8 bytes, so that every database agrees; beware that `<` on JavaScript strings orders
 * by UTF-16 code unit.
 *
 * Writes take effect at once for reads of this process, and are committed together with all other writes of the same
 * turn of the event loop, on whichever store or host: all or none. A promise resolves after that commit, and rejects with
 * StorageError when the commit fails. `append` alone answers before: `Stores.committed` tells when it is safe.
 */
import type { Awaitable } from '../awaitable.ts';

/** owner -> key -> value. A value is anything that JSON keeps; what the caller does with it later changes nothing here. */
export interface MapStore<V> {
  get(owner: string, key: string): Awaitable<V | undefined>;
  /** All keys of an owner, in order. The map is the caller's own. */
  entries(owner: string): Awaitable<ReadonlyMap<string, V>>;
  /**
   * Atomic read-modify-write. `change` is synchronous, gets the present value (its own copy) and
   * returns the new one; undefined deletes. Resolves with the new value after it is committed. When `change` throws, the
   * promise rejects with what it threw, this update changes nothing, and the other writes of the turn stand.
   */
  update(owner: string, key: string, change: (present: V | undefined) => V | undefined): Promise<V | undefined>;
  /** Deletes all keys of the owner. */
  purge(owner: string): Promise<void>;
  /** Owners that have at least one key, in order: those after `after` (exclusive), at most `limit` (default: all). */
  owners(after?: string, limit?: number): Awaitable<readonly string[]>;
}

export interface ArchiveEntry {
  /** Its number, and all that names it: a stanza-id (XEP-0359) is this number in decimal. */
  readonly seq: number;
  /** Whole milliseconds since the epoch. Need not ascend with `seq`: clocks step back. */
  readonly at: number;
  /** Bare JID of the other side, or ''. */
  readonly with: string;
  readonly data: string;
}

/** What all given conditions hold for; `limit` entries at most, those nearest to the end the walk starts from. */
export interface ArchiveRange {
  /** Sequence numbers, both exclusive. */
  readonly after?: number;
  readonly before?: number;
  /** Milliseconds since the epoch, both inclusive. */
  readonly start?: number;
  readonly end?: number;
  readonly with?: string;
  readonly limit: number;
  /** Walk from the newest to the oldest; the answer comes in that order. */
  readonly newestFirst?: boolean;
}

/** What an owner's archive holds; zeros when it is empty. Retention decides by it, without a look at any entry. */
export interface ArchiveExtent {
  /** Numbers of the oldest and the newest entry. Those between are there too, but for the ones a failed commit lost. */
  readonly first: number;
  readonly last: number;
  /** UTF-16 code units of `data`, over all entries. */
  readonly size: number;
}

/** owner -> entries, numbered in the order of their append. They go as they came, the oldest first. */
export interface ArchiveStore {
  /**
   * Answers the entry's number as soon as the driver knows it, which is before the commit (SQLite and memory: at once, a
   * plain number). Each owner counts from 1, strictly ascending. A number is never given twice, not even after `drain`
   * or `purge`: a client may still hold it as a position.
   * @throws {StorageError} at once or by rejection, when the entry cannot be stored.
   */
  append(owner: string, entry: Omit<ArchiveEntry, 'seq'>): Awaitable<number>;
  get(owner: string, seq: number): Awaitable<ArchiveEntry | undefined>;
  query(owner: string, range: ArchiveRange): Awaitable<readonly ArchiveEntry[]>;
  /** Number of the newest entry; 0 when there is none. */
  head(owner: string): Awaitable<number>;
  extent(owner: string): Awaitable<ArchiveExtent>;
  /** Takes the oldest `limit` entries out, oldest first; resolves after the commit. No entry is given to two callers. */
  drain(owner: string, limit: number): Promise<readonly ArchiveEntry[]>;
  /**
   * Deletes entries numbered up to `upTo`, the oldest first, and resolves with how many. It does a bounded piece of the
   * work (TRIM_ENTRIES): whoever wants all of it calls again until the answer is 0.
   */
  trim(owner: string, upTo: number): Promise<number>;
  purge(owner: string): Promise<void>;
}

/** The stores of one virtual host. Names match `[a-z0-9-]+`, else StorageError; a map and an archive may share one. */
export interface Stores {
  map<V>(name: string): MapStore<V>;
  archive(name: string): ArchiveStore;
  /**
   * Resolves when everything that was written before the call is committed (undefined: it is already), and rejects with
   * StorageError when that commit fails. Ask in the turn of the write: once a commit has failed there is nothing to wait
   * for any more.
   */
  committed(): Awaitable<void>;
}

export interface StorageDriver {
  /** The same host gets the same data every time. */
  stores(host: string): Stores;
  /** Commits what is pending of all hosts now. Who waits for it learns of a failure, not who calls this. */
  commit(): Awaitable<void>;
  /** Commits what is pending, then releases the files or connections. Nothing is called after it. */
  close(): Promise<void>;
}

/** What was acknowledged survives the death of the process in both; `full` also survives the loss of power. */
export type Durability = 'normal' | 'full';
