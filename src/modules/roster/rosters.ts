/** RFC 6121 §2: the rosters in use: loaded when first needed, changed one commit after the other, pushed in that order */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type Awaitable, type ClientSession, type Host, isPromise, type Jid, type MapStore, StanzaError } from '#core';
import { looksSame, type RosterItem, type StoredItem, stranger, toStored } from './item.ts';
import { push } from './push.ts';
import { Roster } from './roster.ts';

/** The key of what concerns the whole roster; no contact has it. */
const WHOLE = '';

const DONE = Promise.resolve();

interface StoredWhole {
  readonly since: number;
}

/** A roster in memory, for as long as its user has a session or something is being done with it. */
interface Kept {
  readonly roster: Roster;
  /** Ends when all that was begun is committed and pushed; never rejects. */
  tail: Promise<unknown>;
  busy: number;
}

/** The item as it shall be; the same one to leave it. What it throws is the outcome of the update. */
export type RosterChange = (present: RosterItem, roster: Roster) => RosterItem;

/** An item before and after an update. */
export interface RosterUpdate {
  readonly before: RosterItem;
  readonly after: RosterItem;
}

export class Rosters {
  readonly #host: Host;
  readonly #store: MapStore<StoredItem | StoredWhole>;
  readonly #maxItems: number;
  readonly #kept = new Map<string, Awaitable<Kept>>();

  constructor(host: Host, maxItems: number) {
    this.#host = host;
    this.#store = host.store.map('roster');
    this.#maxItems = maxItems;
  }

  get(user: Jid): Awaitable<Roster> {
    const kept = this.#keep(user);
    return isPromise(kept) ? kept.then(({ roster }) => roster) : kept.roster;
  }

  /**
   * Changes one item: commits, calls `told`, then pushes, unless no client can see a difference. Resolves after all that.
   *
   * @throws StanzaError resource-constraint for one listed item too many, or what `change` throws.
   */
  async update(
    user: Jid,
    contact: Jid,
    change: RosterChange,
    told?: (update: RosterUpdate) => void,
  ): Promise<RosterUpdate> {
    const kept = await this.#keep(user);
    const { roster } = kept;
    const before = roster.get(contact) ?? stranger(contact);
    const changed = change(before, roster);
    if (changed.listed && !before.listed && roster.size >= this.#maxItems) {
      throw new StanzaError('resource-constraint', `a roster has at most ${this.#maxItems} items`);
    }
    const isSeen = !looksSame(before, changed);
    const after = isSeen ? { ...changed, version: this.#nextVersion(roster) } : changed;
    const written = changed === before ? [] : this.#write(user, roster, after);
    await this.#inOrder(user, kept, written, () => {
      told?.({ before, after });
      if (isSeen) push(this.#host.sessions(user), after);
    });
    return { before, after };
  }

  /** Pushes to one session when the present turn is over, so after the answer to its request (§2.6.3). */
  async pushLater(session: ClientSession, items: readonly RosterItem[]): Promise<void> {
    const kept = await this.#keep(session.user);
    await this.#inOrder(session.user, kept, [endOfTurn()], () => {
      for (const item of items) push([session], item);
    });
  }

  /** Deletes the roster. */
  async purge(user: Jid): Promise<void> {
    this.#kept.delete(user.local);
    await this.#store.purge(user.local);
  }

  /** Forgets the roster of a user who has no session any more. */
  release(user: Jid): void {
    const kept = this.#kept.get(user.local);
    if (kept === undefined || isPromise(kept) || kept.busy > 0) return;
    if (this.#host.sessions(user).length === 0) this.#kept.delete(user.local);
  }

  #keep(user: Jid): Awaitable<Kept> {
    const kept = this.#kept.get(user.local);
    if (kept !== undefined) return kept;
    const entries = this.#store.entries(user.local);
    const loaded = isPromise(entries) ? entries.then((late) => this.#loaded(user, late)) : this.#loaded(user, entries);
    if (isPromise(loaded)) {
      this.#kept.set(user.local, loaded);
      loaded.catch(() => this.#kept.delete(user.local));
    }
    return loaded;
  }

  #loaded(user: Jid, entries: ReadonlyMap<string, StoredItem | StoredWhole>): Kept {
    const { since } = (entries.get(WHOLE) ?? {}) as Partial<StoredWhole>;
    const items = [...entries].filter(([key]) => key !== WHOLE) as [string, StoredItem][];
    const kept = { roster: new Roster(items, since), tail: DONE, busy: 0 };
    this.#kept.set(user.local, kept);
    // Whoever asked goes on in this turn at the latest; there is one roster per user, or changes would be lost.
    if (this.#host.sessions(user).length === 0) setImmediate(() => this.release(user));
    return kept;
  }

  /** §2.6.3: unique and ascending. The clock makes versions of a deleted account older than those of its successor. */
  #nextVersion(roster: Roster): number {
    return Math.max(this.#host.clock.now(), roster.version + 1);
  }

  /** All of it is one commit: it happens in one turn. */
  #write(user: Jid, roster: Roster, item: RosterItem): Promise<unknown>[] {
    const { since } = roster;
    roster.put(item);
    const forgotten = roster.trim();
    const writes = [item, ...forgotten].map((written) =>
      this.#store.update(user.local, written.jid.toString(), () => roster.get(written.jid) && toStored(written)),
    );
    if (roster.since !== since) writes.push(this.#store.update(user.local, WHOLE, () => ({ since: roster.since })));
    return writes;
  }

  async #inOrder(user: Jid, kept: Kept, written: readonly Promise<unknown>[], action: () => void): Promise<void> {
    const done = Promise.all([kept.tail, ...written]).then(action);
    kept.tail = done.catch(() => {});
    kept.busy++;
    try {
      await done;
    } catch (error) {
      // What is in memory was not stored.
      if (this.#kept.get(user.local) === kept) this.#kept.delete(user.local);
      throw error;
    } finally {
      kept.busy--;
      this.release(user);
    }
  }
}
