import type { Jid } from '../jid/index.ts';
import type { ClientSession } from './client-session.ts';

const NONE: readonly ClientSession[] = [];

/** The sessions of one virtual host, by bare JID. Most users have one: it is stored without an array of its own growing. */
export class SessionRegistry {
  readonly #byUser = new Map<string, readonly ClientSession[]>();
  readonly #byResumeId = new Map<string, ClientSession>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** All bound sessions of a user, oldest first. The array is never changed: what was read stays as it was. */
  of(user: Jid): readonly ClientSession[] {
    return this.#byUser.get(user.local) ?? NONE;
  }

  /** The session with this full JID. */
  get(jid: Jid): ClientSession | undefined {
    const sessions = this.#byUser.get(jid.local);
    if (sessions === undefined) return undefined;
    for (const session of sessions) if (session.jid.resource === jid.resource) return session;
    return undefined;
  }

  /** The session that can be resumed by this id. */
  resumable(id: string): ClientSession | undefined {
    return this.#byResumeId.get(id);
  }

  /** The session can be resumed by this id as long as it is here. */
  offer(id: string, session: ClientSession): void {
    this.#byResumeId.set(id, session);
  }

  add(session: ClientSession): void {
    const others = this.of(session.jid);
    // A spread would leave room for sixteen more.
    this.#byUser.set(session.jid.local, others.length === 0 ? [session] : [...others, session]);
    this.#size++;
  }

  /** False when it was not there (any more). */
  remove(session: ClientSession): boolean {
    const sessions = this.of(session.jid);
    const rest = sessions.filter((other) => other !== session);
    if (rest.length === sessions.length) return false;
    if (rest.length === 0) this.#byUser.delete(session.jid.local);
    else this.#byUser.set(session.jid.local, rest);
    this.#size--;
    const id = session.management?.terms?.id;
    if (id !== undefined) this.#byResumeId.delete(id);
    return true;
  }

  *[Symbol.iterator](): IterableIterator<ClientSession> {
    for (const sessions of this.#byUser.values()) yield* sessions;
  }
}
