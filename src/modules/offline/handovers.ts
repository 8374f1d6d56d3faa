/**
 * XEP-0160 §2, step 5: what waits for a user goes to the resource that became available, oldest first.
 *
 * A message leaves the store when the client has it as far as can be known: when it was acknowledged (XEP-0198), and without
 * that when it left the server. So the end of a session, or of the process at any point, loses nothing; what had left and was
 * not known to have arrived comes again, with its stanza-id (XEP-0359) where there is an archive.
 */
import {
  type ArchiveEntry,
  type Awaitable,
  type ClientSession,
  type Host,
  isPromise,
  type Jid,
  type Message,
  whenDone,
} from '#core';
import type { Spool } from './spool.ts';

interface Handover {
  readonly session: ClientSession;
  /** The number of the latest the session was handed. */
  upTo: number;
  /** Something was added since the store was last asked. */
  isGrown: boolean;
}

/** The message to deliver; undefined when this session has no need of it. */
type Restore = (entry: ArchiveEntry, session: ClientSession) => Awaitable<Message | undefined>;

export class Handovers {
  readonly #host: Host;
  readonly #spool: Spool;
  readonly #restore: Restore;
  readonly #running = new Map<string, Handover>();
  /** What sessions were handed and did not give back. */
  readonly #handed = new WeakSet<Message>();
  /** By its number here, what a session was given at once that is not the one to be handed what waits. */
  readonly #given = new WeakMap<ClientSession, Map<number, Message>>();

  constructor(host: Host, spool: Spool, restore: Restore) {
    this.#host = host;
    this.#spool = spool;
    this.#restore = restore;
  }

  /** A session ended before its client acknowledged this: true when it is still here. */
  takesBack(message: Message): boolean {
    return this.#handed.delete(message);
  }

  /** The session that is being handed what waits for this user. */
  to(user: Jid): ClientSession | undefined {
    return this.#running.get(user.local)?.session;
  }

  /**
   * What was just added goes to this session at once, and not again when its turn comes; unless it has to wait there behind what
   * the session was not handed yet. That this was acknowledged is not waited for: there are clients that miscount.
   */
  give(session: ClientSession, shared: Message, number: number): void {
    const running = this.#running.get(session.user.local);
    if (running?.session === session) {
      if (number !== running.upTo + 1) return;
      running.upTo = number;
    }
    const given = this.#given.get(session) ?? new Map<number, Message>();
    this.#given.set(session, given);
    // Each session gives back its own.
    const message = shared.withChildren(shared.children);
    given.set(number, message);
    this.#deliver(session, message);
  }

  /** Something waits for this user: goes to who is there to take it, if anybody is. */
  wake(user: Jid, except?: ClientSession): void {
    const running = this.#running.get(user.local);
    if (running !== undefined) running.isGrown = true;
    else {
      const taker = this.#host.sessions(user).find((session) => session !== except && isTaker(session));
      if (taker !== undefined) this.start(taker);
    }
  }

  /** Does nothing when there is one for this user already. */
  start(session: ClientSession): void {
    const { local } = session.user;
    if (this.#running.has(local) || !isTaker(session)) return;
    const handover = { session, upTo: 0, isGrown: false };
    this.#running.set(local, handover);
    this.#run(handover).catch((error: unknown) => {
      this.#host.log.error({ err: error, user: session.user.toString() }, 'offline messages were not delivered');
    });
  }

  async #run(handover: Handover): Promise<void> {
    const { session } = handover;
    const { user } = session;
    try {
      while (isTaker(session)) {
        handover.isGrown = false;
        const asked = this.#spool.batch(user);
        const batch = isPromise(asked) ? await asked : asked;
        // In one turn with the end below, so that nothing joins a handover that is over.
        if (batch.length === 0) {
          if (handover.isGrown) continue;
          return;
        }
        const messages: (Message | undefined)[] = [];
        for (const entry of batch) {
          const handed = this.#hand(entry, session);
          messages.push(isPromise(handed) ? await handed : handed);
        }
        handover.upTo = Math.max(handover.upTo, batch.at(-1)?.seq ?? 0);
        const isDone = await session.arrived();
        const missing = isDone ? -1 : messages.findIndex((message) => !this.#has(session, message));
        const had = missing < 0 ? batch : batch.slice(0, missing);
        await this.#spool.remove(user, had.at(-1)?.seq ?? 0);
        for (const { seq } of had) this.#given.get(session)?.delete(seq);
        if (!isDone) break;
      }
    } finally {
      this.#running.delete(user.local);
    }
    this.wake(user, session);
  }

  #hand(entry: ArchiveEntry, session: ClientSession): Awaitable<Message | undefined> {
    const given = this.#given.get(session)?.get(entry.seq);
    if (given !== undefined) return given;
    return whenDone(this.#restore(entry, session), (message) => {
      if (message !== undefined) this.#deliver(session, message);
      return message;
    });
  }

  #deliver(session: ClientSession, message: Message): void {
    this.#handed.add(message);
    session.deliver(message, { message, holders: [session] });
  }

  /** Whether the client of a session that has ended is known to have a message it was handed. */
  #has({ management }: ClientSession, message: Message | undefined): boolean {
    if (management === undefined) return false;
    return message === undefined || (this.#handed.has(message) && !management.unacknowledged.owes(message));
  }
}

/** §2, step 2: a resource with a negative priority never gets what is sent to the account. */
function isTaker(session: ClientSession): boolean {
  return session.reachable && session.priority >= 0;
}
