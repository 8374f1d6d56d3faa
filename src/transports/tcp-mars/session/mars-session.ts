/** A connection with a session: requests become stanzas of the session, and its stanzas pushes or answers */
import { type ClientSession, type Element, Presence, type Stanza, StanzaError, StreamError } from '#core';
import { commands } from '../commands/index.ts';
import type { FrameSink } from '../frame-sink.ts';
import type { Place } from '../place.ts';
import type { Request } from '../request.ts';
import type { SceneSeats } from '../scene/scene-seats.ts';
import { isOwn, type JoinedRooms } from './joined-rooms.ts';
import { PendingRequests } from './pending-requests.ts';
import { type AskOptions, ask, type Reply } from './question.ts';
import type { RecentMessages } from './recent-messages.ts';

export class MarsSession implements FrameSink {
  readonly connection: Place;
  readonly session: ClientSession;
  #leave: (() => void) | undefined;
  /** Present once the client has asked something. */
  #pending: PendingRequests | undefined;
  #logout: Request | undefined;

  /** @param leave called when the connection is gone, after the session knows it */
  constructor(connection: Place, session: ClientSession, leave: (() => void) | undefined) {
    this.connection = connection;
    this.session = session;
    this.#leave = leave;
  }

  /** Whether the session is still at this connection: a session that is resumed goes to another. */
  get #isCurrent(): boolean {
    return this.session.connection === this.connection;
  }

  get pending(): PendingRequests {
    this.#pending ??= new PendingRequests(this);
    return this.#pending;
  }

  get rooms(): JoinedRooms {
    return this.connection.listener.roomsOf(this.session);
  }

  /** Of a session that can be resumed: only there a client sends a message again without knowing that it arrived. */
  get recent(): RecentMessages | undefined {
    const { session } = this;
    return session.management?.terms && this.connection.listener.recentOf(session);
  }

  /** In which scenes the session is. */
  get seats(): SceneSeats {
    return this.connection.listener.seats;
  }

  request(request: Request): void {
    if (!this.#isCurrent) return;
    const { smAck } = request.body;
    if (smAck !== undefined) this.acknowledge(smAck);
    const take = commands.get(request.cmdid);
    if (take === undefined)
      throw new StanzaError('feature-not-implemented', `command ${request.cmdid} is not known here`);
    take(this, request);
  }

  /** @throws StanzaError bad-request: so many were not sent */
  acknowledge(handled: number): void {
    const { management } = this.session;
    if (management?.acknowledge(handled) !== 'unsent') return;
    const { sent } = management.unacknowledged;
    throw new StanzaError('bad-request', `${handled} stanzas were not sent, only ${sent}`);
  }

  /** Sends an iq, and has its result made an answer. @throws StanzaError conflict, resource-constraint, jid-malformed */
  ask(request: Request, iq: Element, reply: Reply, options: AskOptions = {}): void {
    ask(this, request, iq, reply, options);
  }

  answers(stanza: Stanza): boolean {
    if (stanza instanceof Presence && isOwn(stanza)) this.rooms.saw(stanza);
    return this.#pending?.answeredBy(stanza) ?? false;
  }

  /** What came before is worked off first; then the connection is closed. */
  logOut(request: Request): void {
    this.#logout = request;
    this.session.finish();
  }

  closing(): void {
    this.#logout?.answer();
  }

  /** The session is over, and what carried it goes on: requests that wait are refused. */
  left(): void {
    this.#pending?.refuse(new StanzaError('recipient-unavailable', 'the user is not there any more'));
  }

  due(now: number): number {
    const { connection, session } = this;
    if (session.ended || !this.#isCurrent) return 0;
    const { idle_seconds } = connection.listener.config;
    const left = connection.heardAt + idle_seconds * 1_000 - now;
    if (left <= 0) {
      session.abandon(new StreamError('connection-timeout', 'nothing came for too long'));
      return 0;
    }
    return Math.min(left, this.#pending?.due(now) ?? left);
  }

  failed(): void {
    if (this.#isCurrent) this.session.finish();
    this.disconnected();
  }

  disconnected(): void {
    this.session.disconnected(this.connection);
    const leave = this.#leave;
    this.#leave = undefined;
    leave?.();
  }
}
