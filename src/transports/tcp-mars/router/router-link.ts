/** The connection of a game server that stands in for its users: the envelope says whose command it is */
import { type Awaitable, isPromise, type Stanza, StanzaError, StreamError } from '#core';
import { type Body, type BodyInit, Command } from '#protocol/mars';
import type { FrameSink } from '../frame-sink.ts';
import type { MarsConnection } from '../mars-connection.ts';
import { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { Acknowledgements } from './acknowledgements.ts';
import type { RouterRule } from './config.ts';
import { logIn } from './login.ts';
import { Outbox } from './outbox.ts';
import { reassert } from './reassert.ts';
import type { RoutedPlace } from './routed-place.ts';

export class RouterLink implements FrameSink {
  readonly connection: MarsConnection;
  readonly rule: RouterRule;
  readonly outbox: Outbox<RoutedPlace>;
  readonly #acknowledgements: Acknowledgements;
  readonly #users = new Map<string, RoutedPlace>();
  #logout: Request | undefined;

  constructor(connection: MarsConnection, rule: RouterRule) {
    const { config, core } = connection.listener;
    this.connection = connection;
    this.rule = rule;
    this.#acknowledgements = new Acknowledgements((smSeq) => connection.push(Command.ackRequest, { smSeq }));
    this.outbox = new Outbox<RoutedPlace>(
      { flushMs: config.router_flush_ms, flushBytes: config.router_flush_bytes },
      (cmdid, body) => connection.push(cmdid, body),
      (places) => this.#sent(places),
      (ms, action) => core.clock.after(ms, action),
    );
  }

  /** @throws StanzaError resource-constraint */
  checkRoom(uid: string): void {
    const { router_users } = this.connection.listener.config;
    if (this.#users.size < router_users || this.#users.has(uid)) return;
    throw new StanzaError('resource-constraint', `at most ${router_users} users are behind one link`);
  }

  /** A user is there once: a session before this one, which commands would not reach any more, ends. */
  add(place: RoutedPlace): void {
    const before = this.#users.get(place.uid);
    this.#users.set(place.uid, place);
    before?.user?.session.close();
  }

  /** False when it was not there (any more). */
  forget(place: RoutedPlace): boolean {
    return this.#users.get(place.uid) === place && this.#users.delete(place.uid);
  }

  /** A router that never says how far it is would be remembered all that it was sent. */
  #sent(places: readonly RoutedPlace[]): void {
    this.#acknowledgements.sent(places);
    if (this.#acknowledgements.waiting <= this.connection.listener.config.max_unacked_stanzas) return;
    this.connection.close(new StreamError('policy-violation', 'too much is not acknowledged'));
    this.disconnected();
  }

  request(request: Request): void {
    const { uid, smAck } = request.body;
    if (uid === '' && smAck !== undefined) this.#acknowledgements.acknowledge(smAck);
    switch (request.cmdid) {
      case Command.routerLogin:
        return this.#whenDone(request, logIn(this, request));
      case Command.routerReassert:
        return reassert(this, request);
      case Command.batch:
        return this.#batch(request);
      case Command.ack:
        if (uid === '') return request.answer();
        break;
      case Command.logout:
        if (uid === '') return this.#leave(request);
    }
    const user = this.#user(uid);
    const own = request.through(user.connection);
    if (request.cmdid === Command.routerLogout) user.logOut(own);
    else user.request(own);
  }

  /** @throws StanzaError item-not-found */
  #user(uid: string): MarsSession {
    const user = this.#users.get(uid)?.user;
    if (user === undefined) throw new StanzaError('item-not-found', `there is no user ${uid || 'named'}`);
    return user;
  }

  #whenDone(request: Request, done: Awaitable<void>): void {
    if (!isPromise(done)) return;
    const { log } = this.connection.listener.core;
    done.catch((error: unknown) =>
      request.fail(error, (err) => log.error({ err }, 'a user of a router was not logged in')),
    );
  }

  /** Each body is a message, a presence or an iq of a user. */
  #batch(request: Request): void {
    const { payload } = request.body;
    if (payload.case !== 'batch') throw new StanzaError('bad-request', 'batch is missing');
    const requests = payload.value.bodies.map((body) => this.#oneOf(request, body));
    for (const one of requests) {
      one.attempt(
        () => this.#user(one.body.uid).request(one),
        (err) => this.connection.listener.core.log.error({ err, cmdid: one.cmdid }, 'a request failed'),
      );
    }
    request.answer();
  }

  /** The batch has the one answer there is: the refusal of a body is a push. @throws StanzaError bad-request */
  #oneOf({ seq }: Request, body: Body): Request {
    const cmdid = COMMANDS[body.payload.case ?? ''];
    if (cmdid === undefined) throw new StanzaError('bad-request', 'a batch has messages, presence and iq');
    const { uid } = body;
    const respond = (_cmdid: number, _seq: number, refusal: BodyInit): void =>
      this.connection.push(cmdid, { ...refusal, uid });
    return new Request({ respond }, cmdid, seq, { ...body, noReply: true } as Body);
  }

  /** The router goes for good, and its users with it. */
  #leave(request: Request): void {
    this.#logout = request;
    for (const place of [...this.#users.values()]) place.user?.session.finish();
    this.connection.close();
  }

  answers(_stanza: Stanza): boolean {
    return false;
  }

  due(now: number): number {
    const { heardAt, listener } = this.connection;
    const left = heardAt + listener.config.idle_seconds * 1_000 - now;
    if (left > 0) return left;
    this.connection.close(new StreamError('connection-timeout', 'nothing came for too long'));
    this.disconnected();
    return 0;
  }

  closing(): void {
    this.outbox.flush();
    this.#logout?.answer();
  }

  failed(): void {
    this.disconnected();
  }

  /** The users stay for their time of grace. */
  disconnected(): void {
    for (const place of [...this.#users.values()]) {
      this.#users.delete(place.uid);
      place.user?.disconnected();
    }
  }
}

const COMMANDS: Readonly<Record<string, number>> = {
  message: Command.message,
  presence: Command.presence,
  iq: Command.iq,
};
