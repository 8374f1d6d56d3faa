/** XEP-0198, without its syntax: a session whose stanzas are acknowledged both ways, and which may outlive its link */
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import type { Deadline } from '../clock/index.ts';
import { Message, stamped } from '../stanza/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import type { ClientSession } from './client-session.ts';
import type { Connection } from './connection.ts';
import { type Handed, Unacknowledged } from './unacknowledged.ts';

/** What the managed sessions of one wire format on one host have in common. */
export interface ManagementRules {
  /** Most stanzas that may wait for their acknowledgement; with one more the session ends. */
  readonly maxStanzas: number;
  /** Most characters of them. */
  readonly maxSize: number;
  /** As many unacknowledged stanzas make the server ask, unless it waits for an answer already. */
  readonly askAfter: number;
  /** Asks the client how far it is. */
  ask(session: ClientSession): void;
  /** Tells the client how many of its stanzas are handled. */
  tell(session: ClientSession, handled: number): void;
}

/** How a session can be resumed. */
export interface ResumeTerms {
  /** What the client names the session by: not guessable, and never given twice. Undefined where it is found otherwise. */
  readonly id: string | undefined;
  /** How long the session lasts without a link, in milliseconds. */
  readonly patienceMs: number;
}

/** Somebody waits for the acknowledgement of this number. */
interface Awaited {
  readonly upTo: number;
  readonly resolve: (isDone: boolean) => void;
}

/** Until a client that has acknowledged nothing new is asked again, unless it is sent more. */
const ASK_AGAIN_MS = 60_000;

export class Management implements Deadline {
  readonly unacknowledged: Unacknowledged;
  /** Undefined when the session ends with its link. */
  readonly terms: ResumeTerms | undefined;
  readonly #session: ClientSession;
  readonly #rules: ManagementRules;
  #handled: number;
  /** Present while somebody waits for an acknowledgement. */
  #awaited: Awaited[] | undefined;
  #isAsked = false;
  #lostAt = 0;

  /** @param start the number counting goes on from, both ways */
  constructor(session: ClientSession, rules: ManagementRules, terms?: ResumeTerms, start = 0) {
    this.#session = session;
    this.#rules = rules;
    this.terms = terms;
    this.unacknowledged = new Unacknowledged(start);
    this.#handled = start;
  }

  /** How many stanzas of the client were taken, modulo 2^32; all but the one that is being worked off are done. */
  get handled(): number {
    return this.#handled;
  }

  took(): void {
    this.#handled = (this.#handled + 1) >>> 0;
  }

  /** Ends the session when its client owes too much. */
  sent(handed: Handed): void {
    const { unacknowledged } = this;
    const { maxStanzas, maxSize } = this.#rules;
    unacknowledged.add(handed);
    if (unacknowledged.length > maxStanzas || unacknowledged.size > maxSize) {
      return this.#session.close(new StreamError('policy-violation', 'too many stanzas are not acknowledged'));
    }
    this.#ask();
  }

  acknowledge(number: number): ReturnType<Unacknowledged['acknowledge']> {
    const isNews = number !== this.unacknowledged.acknowledged;
    const outcome = this.unacknowledged.acknowledge(number);
    if (outcome !== 'done') return outcome;
    this.#isAsked = false;
    if (isNews) {
      this.#settle(number);
      this.#ask();
    } else if (this.unacknowledged.length > 0) {
      // It is not that far, or counts wrong: asked at once it would say the same, again and again.
      this.#session.host.wheel.add(this, ASK_AGAIN_MS);
    }
    return outcome;
  }

  #settle(acknowledged: number): void {
    const awaited = this.#awaited;
    for (let first = awaited?.[0]; first !== undefined; first = awaited?.[0]) {
      if ((acknowledged - first.upTo) >>> 0 >= 2 ** 31) return;
      awaited?.shift();
      first.resolve(true);
    }
    this.#awaited = undefined;
  }

  /** Resolves when the client has acknowledged what it was sent before: true; false when the session ended before. */
  drained(): Promise<boolean> {
    if (this.unacknowledged.length === 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      this.#awaited ??= [];
      this.#awaited.push({ upTo: this.unacknowledged.sent, resolve });
      this.#ask();
    });
  }

  /** The session is over. */
  end(): void {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    for (const { resolve } of awaited ?? []) resolve(false);
  }

  /** Tells the client how many of its stanzas are handled, when that is committed. */
  tell(): Awaitable<void> {
    const session = this.#session;
    const { connection } = session;
    const { handled } = this;
    return whenDone(this.committed(), (isCommitted) => {
      if (isCommitted && session.connection === connection) this.#rules.tell(session, handled);
    });
  }

  /** Resolves with true when what was taken from the client is committed; when that fails the session ends. */
  committed(): Awaitable<boolean> {
    const session = this.#session;
    const done = session.host.stores.committed();
    if (!isPromise(done)) return !session.ended;
    return done.then(
      () => !session.ended,
      (error: unknown) => {
        session.host.log.error({ err: error, session: session.jid.toString() }, 'what a client sent was not committed');
        session.close(new StreamError('internal-server-error'));
        return false;
      },
    );
  }

  /** The link is lost. */
  wait(patienceMs: number): void {
    const { clock, wheel } = this.#session.host;
    this.#lostAt = clock.now();
    wheel.add(this, patienceMs);
  }

  due(now: number): number {
    const { detached, ended } = this.#session;
    if (!detached && !ended) this.#ask();
    if (this.terms === undefined || !detached || ended) return 0;
    const left = this.#lostAt + this.terms.patienceMs - now;
    if (left > 0) return left;
    this.#session.close();
    return 0;
  }

  /** There is a link again: writes to it what is not acknowledged. A message tells when it was first sent. */
  replay(connection: Connection): void {
    const { domain } = this.#session.host;
    for (const { stanza, at } of this.unacknowledged) {
      connection.write(stanza instanceof Message ? stamped(stanza, at, domain) : stanza);
    }
    this.#isAsked = false;
    this.#ask();
  }

  #ask(): void {
    const enough = this.#awaited !== undefined ? 1 : this.#rules.askAfter;
    if (this.#isAsked || this.unacknowledged.length < enough) return;
    this.#isAsked = true;
    this.#rules.ask(this.#session);
  }
}
