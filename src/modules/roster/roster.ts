/** RFC 6121 §2: the roster of one user, in memory */
import { Jid } from '#core';
import { fromStored, isSubscriber, isSubscription, looksSame, type RosterItem, type StoredItem } from './item.ts';

/** Traces of removed items kept for versioning; a client that missed more gets the whole roster. */
const MAX_TRACES = 100;

/** Read-only for everybody but Rosters, which stores and pushes what it changes. */
export class Roster {
  /** Present once there was an item: an empty map takes 200 bytes. */
  #items: Map<string, RosterItem> | undefined;
  #subscribers: readonly Jid[] | undefined;
  #size = 0;
  #version = 0;
  #since: number;

  /** `since`: see below; undefined for a roster that never had an item. */
  constructor(items: Iterable<readonly [string, StoredItem]>, since = 0) {
    this.#since = since;
    for (const [jid, stored] of items) this.put(fromStored(Jid.parse(jid), stored));
  }

  /** §2.1.1: the number of the last change a client could see; 0 before the first. */
  get version(): number {
    return this.#version;
  }

  /** The oldest version from which on all changes are known. */
  get since(): number {
    return this.#since;
  }

  /** How many items are listed. */
  get size(): number {
    return this.#size;
  }

  /** Also what is not listed. */
  get(contact: Jid): RosterItem | undefined {
    return this.#items?.get(contact.toString());
  }

  /** Also what is not listed. */
  all(): Iterable<RosterItem> {
    return this.#items?.values() ?? [];
  }

  /** The items the client sees. */
  listed(): RosterItem[] {
    return this.#select((item) => item.listed);
  }

  /** Whom the user's presence is broadcast to (§4.2.2); subscription from or both. */
  subscribers(): readonly Jid[] {
    this.#subscribers ??= this.#select(isSubscriber).map(({ jid }) => jid);
    return this.#subscribers;
  }

  /** Whose presence the user gets; subscription to or both. */
  subscriptions(): RosterItem[] {
    return this.#select(isSubscription);
  }

  /** Those who wait for the user's approval. */
  requests(): RosterItem[] {
    return this.#select((item) => item.request !== undefined);
  }

  /** What a client could see change after `version`, in that order. */
  changedSince(version: number): RosterItem[] {
    return this.#select((item) => item.version > version).sort((a, b) => a.version - b.version);
  }

  put(item: RosterItem): void {
    const key = item.jid.toString();
    this.#items ??= new Map();
    const before = this.#items.get(key);
    this.#items.set(key, item);
    this.#size += Number(item.listed) - Number(before?.listed ?? false);
    this.#version = Math.max(this.#version, item.version);
    if (before === undefined || !looksSame(before, item)) this.#subscribers = undefined;
  }

  /**
   * Forgets the oldest traces beyond the limit, and raises `since` accordingly. A first item raises it as well: the
   * account may have existed before, and clients may remember versions of that time.
   *
   * @returns what was forgotten.
   */
  trim(): RosterItem[] {
    if (this.#since === 0) this.#since = this.#version;
    const traces = this.#select((item) => !item.listed && item.request === undefined);
    const oldest = traces.sort((a, b) => a.version - b.version).slice(0, Math.max(0, traces.length - MAX_TRACES));
    for (const item of oldest) {
      this.#items?.delete(item.jid.toString());
      this.#since = Math.max(this.#since, item.version);
    }
    return oldest;
  }

  #select(isWanted: (item: RosterItem) => boolean): RosterItem[] {
    const found: RosterItem[] = [];
    for (const item of this.all()) if (isWanted(item)) found.push(item);
    return found;
  }
}
