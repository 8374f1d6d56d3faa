/** RFC 6120 §7, RFC 6121 §1.5: a bound resource */
import { type Awaitable, isPromise, whenDone } from '../awaitable.ts';
import type { VirtualHost } from '../host/virtual-host.ts';
import type { Jid } from '../jid/index.ts';
import { type Presence, type Stanza, StanzaError } from '../stanza/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import type { Element } from '../xml/index.ts';
import { type Connection, NoConnection } from './connection.ts';
import { Management, type ManagementRules, type ResumeTerms } from './management.ts';
import type { StanzaOutcome } from './outcome.ts';
import { takeElement } from './take-element.ts';
import type { Shared } from './unacknowledged.ts';
import type { UserAgent } from './user-agent.ts';

/** What the negotiation of its stream says of a session, where it says anything. */
export interface SessionOrigin {
  readonly lang?: string | undefined;
  readonly userAgent?: UserAgent | undefined;
  readonly bind2?: boolean;
  /** Bare JIDs: who gets its presence, instead of those the roster of the account has. */
  readonly contacts?: readonly Jid[] | undefined;
}

/** Holds back some of what is about to be written to one session, such as for a client nobody looks at. */
export interface Gate {
  /** True: the gate has the stanza, and hands it to `session.write` when its time has come. */
  holds(stanza: Stanza): boolean;
}

/** To what the client sent and nobody has looked at. */
const ENDED = new StanzaError('recipient-unavailable', 'the session is over');

/** What waits for its turn. */
interface Received {
  readonly element: Element;
  readonly outcome: StanzaOutcome | undefined;
}

export class ClientSession {
  /** The full JID. */
  readonly jid: Jid;
  /** The bare JID. */
  readonly user: Jid;
  readonly host: VirtualHost;
  /** Of what the client writes, where a stanza does not say (RFC 6120 §8.1.5). */
  readonly lang: string | undefined;
  /** What the client says it is, if it says so (XEP-0388 §2.3). */
  readonly userAgent: UserAgent | undefined;
  /** Bound by Bind 2: what came while the user was away is in the archive, and not sent (XEP-0386 §3.2). */
  readonly bind2: boolean;
  /** Where it brought contacts of its own: these bare JIDs get its presence, and not those the roster of the account has. */
  readonly contacts: readonly Jid[] | undefined;
  /** Milliseconds since 1970. */
  readonly boundAt: number;
  /** The last available presence broadcast, stamped; undefined while the resource is not available (RFC 6121 §4.2). */
  presence: Presence | undefined;
  /** Of that presence; meaningless while there is none. */
  priority = 0;
  /** There for its user and nobody else (XEP-0186); then it is not available. */
  invisible = false;
  /** Asked for the roster, so gets roster pushes (RFC 6121 §2.2). */
  interested = false;
  /** Asked about each stanza after client:delivering. */
  gate: Gate | undefined;
  #connection: Connection;
  #management: Management | undefined;
  /** Present while an element is being worked off, with what came after it. */
  #waiting: Received[] | undefined;
  /** Of that element; never rejects. */
  #working: Promise<void> | undefined;
  /** Present while a stanza waits for an asynchronous hook of client:delivering; never rejects. */
  #delivering: Promise<void> | undefined;
  #ended = false;
  #finishing = false;

  constructor(host: VirtualHost, jid: Jid, connection: Connection, origin: SessionOrigin = {}) {
    this.host = host;
    this.jid = jid;
    this.user = jid.bare();
    this.#connection = connection;
    this.lang = origin.lang;
    this.userAgent = origin.userAgent;
    this.bind2 = origin.bind2 ?? false;
    this.contacts = origin.contacts;
    this.boundAt = host.clock.now();
  }

  /** The link the client is at; one that leads nowhere while the session is detached. */
  get connection(): Connection {
    return this.#connection;
  }

  /** Whether the link is lost and the session waits to be resumed. */
  get detached(): boolean {
    return this.#connection instanceof NoConnection;
  }

  /** Present once the client acknowledges what it gets. */
  get management(): Management | undefined {
    return this.#management;
  }

  get available(): boolean {
    return this.presence !== undefined;
  }

  /** Whether it gets what is for available resources: it is one, or one that nobody sees. */
  get reachable(): boolean {
    return this.presence !== undefined || this.invisible;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Takes what the client sent. Elements are worked off strictly in order (RFC 6120 §10.1): while one is not done, those
   * after it wait and the connection is not read.
   *
   * @param outcome told what becomes of a stanza, instead of an error stanza
   */
  receive(element: Element, outcome?: StanzaOutcome): void {
    if (this.#ended) return outcome?.refused(ENDED);
    if (this.#waiting !== undefined) {
      this.#waiting.push({ element, outcome });
      return;
    }
    const done = takeElement(this, element, outcome);
    if (isPromise(done)) {
      this.#waiting = [];
      this.connection.pause();
      this.#working = done.then(() => this.#resume());
    }
  }

  /**
   * Hands a stanza to the client, through the event client:delivering. Those of one sender stay in order (RFC 6120 §10.1)
   * also where a hook takes its time. Never throws: what a hook refuses is answered to the sender.
   *
   * @param shared the message of the account that it brings, where several sessions may be handed it
   */
  deliver(stanza: Stanza, shared?: Shared): void {
    const before = this.#delivering;
    if (before === undefined && !this.host.hooks.has('client:delivering')) return this.#pass(stanza, shared);
    const done = before === undefined ? this.#hand(stanza, shared) : before.then(() => this.#hand(stanza, shared));
    if (isPromise(done)) this.hold(done);
  }

  /** What is delivered from now on waits for `until`, which never rejects. */
  hold(until: Promise<void>): void {
    const delivering = until.then(() => {
      if (this.#delivering === delivering) this.#delivering = undefined;
    });
    this.#delivering = delivering;
  }

  /** Resolves when what was delivered before has left for the client: true; false when the link broke before. */
  async drained(): Promise<boolean> {
    await this.#delivering;
    return !this.#ended && (await this.connection.drained()) && !this.#ended;
  }

  /**
   * Resolves when the client has what was delivered before, as far as can be known: it acknowledged it, or without that it
   * left the server. True; false when the session ended before. Not for what the session itself waits for: an acknowledgement
   * comes in order with all the client sends.
   */
  async arrived(): Promise<boolean> {
    await this.#delivering;
    if (this.#ended || this.#management === undefined) return this.drained();
    return this.#management.drained();
  }

  /** Hands the client an element that is not a stanza, where its link carries such. */
  send(nonza: Element): void {
    if (!this.#ended) this.connection.send?.(nonza);
  }

  /** Never throws and never rejects. */
  #hand(stanza: Stanza, shared: Shared | undefined): void | Promise<void> {
    const event = { session: this, stanza };
    const refused = (error: unknown): void => void this.host.router.refuse(event.stanza, error);
    try {
      const done = whenDone(this.host.hooks.run('client:delivering', event), (outcome) => {
        if (outcome === 'passed') this.#pass(event.stanza, shared);
      });
      if (isPromise(done)) return done.catch(refused);
    } catch (error) {
      refused(error);
    }
  }

  #pass(stanza: Stanza, shared: Shared | undefined): void {
    if (this.#ended || !this.gate?.holds(stanza)) this.#write(stanza, shared);
  }

  /** Writes a stanza that has been through `deliver` and was held back there. */
  write(stanza: Stanza): void {
    this.#write(stanza, undefined);
  }

  #write(stanza: Stanza, shared: Shared | undefined): void {
    if (this.#ended) return this.host.returned(this, [{ stanza, shared, at: this.host.clock.now() }]);
    if (this.#connection.write(stanza) === 'answer') return;
    this.#management?.sent({ stanza, shared, at: this.host.clock.now() });
  }

  /**
   * From now on what is delivered is kept until the client acknowledges it.
   *
   * @param terms for a session that can outlive its link
   * @param start the number counting goes on from, both ways
   */
  manage(rules: ManagementRules, terms?: ResumeTerms, start?: number): void {
    this.#management = new Management(this, rules, terms, start);
    if (terms?.id !== undefined) this.host.sessions.offer(terms.id, this);
  }

  /** Takes up a detached session at another link, and writes to it what the client has not acknowledged. */
  attach(connection: Connection): void {
    if (!this.detached) this.abandon(new StreamError('conflict'));
    this.#connection = connection;
    this.#management?.replay(connection);
    void this.host.hooks.notify('session:resumed', { session: this });
  }

  /** Resolves when what is being worked off is done. What came after that is dropped, for the client to send again. */
  settled(): Awaitable<void> {
    if (this.#waiting === undefined) return;
    this.#waiting = [];
    return this.#working;
  }

  /** The client ended its stream: what it sent before is worked off first, link or not (RFC 6120 §4.4, §10.1). */
  finish(): void {
    this.#finishing = true;
    if (this.#waiting === undefined) this.#leave();
  }

  #leave(): void {
    void whenDone(this.#management?.tell(), () => this.close());
  }

  /** Ends the session from the server's side. */
  close(error?: StreamError): void {
    if (this.#ended) return;
    this.#connection.close(error);
    this.#end();
  }

  /** Gives the link up. A session that can be resumed outlives it. */
  abandon(error: StreamError): void {
    if (this.#finishing) return this.close(error);
    const connection = this.#connection;
    connection.close(error);
    this.disconnected(connection);
  }

  /** The connection is gone, by whatever cause; one that is not the session's any more changes nothing. */
  disconnected(connection = this.#connection): void {
    if (this.#ended || connection !== this.#connection) return;
    if (this.#finishing && this.#waiting !== undefined) return;
    const terms = this.#management?.terms;
    if (terms === undefined || this.#finishing) return this.#end();
    const isNews = !this.detached;
    this.#connection = new NoConnection(connection);
    if (this.#waiting !== undefined) connection.resume();
    this.#management?.wait(terms.patienceMs);
    if (isNews) void this.host.hooks.notify('session:detached', { session: this });
  }

  /** Everything the session was to others ends here. */
  #end(): void {
    this.#ended = true;
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      this.#waiting = undefined;
      // The transport has to read the peer's part of closing.
      this.#connection.resume();
      for (const { outcome } of waiting) outcome?.refused(ENDED);
    }
    this.#management?.end();
    this.host.sessionEnded(this);
  }

  #resume(): void | Promise<void> {
    const waiting = this.#waiting;
    if (waiting === undefined || this.#ended) return;
    for (let at = 0; at < waiting.length; at++) {
      const { element, outcome } = waiting[at] as Received;
      const done = takeElement(this, element, outcome);
      if (this.#ended) return;
      if (isPromise(done)) {
        this.#waiting = waiting.slice(at + 1);
        this.#working = done.then(() => this.#resume());
        return this.#working;
      }
    }
    this.#waiting = undefined;
    this.#working = undefined;
    this.connection.resume();
    if (this.#finishing) this.#leave();
  }
}
