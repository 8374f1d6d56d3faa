/** A connection until it has a session: 1000 hello, 1001 auth, 1002 resume, 1060 register */
import { type Awaitable, isPromise, StanzaError, StreamError, type VirtualHost } from '#core';
import { Command } from '#protocol/mars';
import type { FrameSink } from '../frame-sink.ts';
import type { MarsConnection } from '../mars-connection.ts';
import type { Request } from '../request.ts';
import { Attempts } from './attempts.ts';
import { type Greeting, hello } from './hello.ts';
import { register } from './register.ts';
import { resume } from './resume.ts';

/** Requests that belong after a login, and refused ones, before the connection is closed. */
const MOST_REFUSED = 10;
/** Of what a client may send before it has the answer to the request before. */
const MOST_WAITING = 20;

export class Login implements FrameSink {
  readonly connection: MarsConnection;
  /** What 1000 settled. */
  greeting: Greeting | undefined;
  /** Ends an account that lasts as long as the connection. */
  leave: (() => void) | undefined;
  readonly #attempts: Attempts;
  readonly #deadline: number;
  #waiting: Request[] | undefined;
  #refused = 0;

  constructor(connection: MarsConnection) {
    this.connection = connection;
    this.#attempts = new Attempts(this);
    const patience = connection.listener.core.limits.login_seconds * 1_000;
    this.#deadline = connection.heardAt + patience;
    connection.listener.core.wheel.add(connection, patience);
  }

  /** The connection is closed, or a session's. */
  get isOver(): boolean {
    return this.connection.isClosing || this.connection.sink !== this;
  }

  /** The virtual host that an envelope names, or the first. @throws StanzaError item-not-found */
  hostFor(to: string): VirtualHost {
    const { router } = this.connection.listener.core;
    const [first] = router.hosts;
    const host = to === '' ? (this.greeting?.host ?? first) : router.usersHost(to);
    if (host === undefined) throw new StanzaError('item-not-found', `${to} is not served here`);
    return host;
  }

  /** One after the other. */
  request(request: Request): void {
    if (this.#waiting !== undefined) {
      if (this.#waiting.length >= MOST_WAITING) throw new StreamError('policy-violation', 'too much at once');
      this.#waiting.push(request);
      return;
    }
    let done: Awaitable<void> | undefined;
    try {
      done = this.#take(request);
    } catch (error) {
      this.#fail(request, error);
    }
    if (!isPromise(done)) return this.#check(request);
    this.#waiting = [];
    this.connection.pause();
    done.catch((error: unknown) => this.#fail(request, error)).then(() => this.#goOn(request));
  }

  #goOn(done: Request): void {
    this.#check(done);
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    this.connection.resume();
    // What was bound meanwhile is the session's, and while one request is worked off the others wait again.
    for (const request of waiting) this.connection.take(request);
  }

  #take(request: Request): Awaitable<void> {
    const { encryption } = this.connection.listener.config;
    switch (request.cmdid) {
      case Command.hello:
      case Command.resume:
      case Command.auth:
      case Command.register:
        if (encryption !== 'required' || this.connection.secure) break;
        throw new StanzaError('policy-violation', 'this listener takes encrypted connections only');
      default:
        throw new StanzaError('not-authorized', 'log in first');
    }
    switch (request.cmdid) {
      case Command.hello:
        return hello(this, request);
      case Command.resume:
        return resume(this, request);
      case Command.auth:
        return this.#attempts.take(request);
      default:
        return register(this, request);
    }
  }

  #fail(request: Request, error: unknown): void {
    if (error instanceof StanzaError) return request.refuse(error);
    if (!(error instanceof StreamError)) {
      this.connection.listener.core.log.error(
        { err: error, cmdid: request.cmdid },
        'a login failed for a reason of ours',
      );
      request.refuse(new StanzaError('internal-server-error'));
    }
    this.connection.close(error instanceof StreamError ? error : new StreamError('internal-server-error'));
  }

  /** Who is refused again and again has no business here. */
  #check(request: Request): void {
    if (!request.isRefused || this.isOver) return;
    this.#refused += 1;
    if (this.#refused >= MOST_REFUSED)
      this.connection.close(new StreamError('policy-violation', 'too many refused requests'));
  }

  answers(): boolean {
    return false;
  }

  due(now: number): number {
    if (now < this.#deadline) return this.#deadline - now;
    this.connection.close(new StreamError('connection-timeout', 'not logged in in time'));
    return 0;
  }

  closing(): void {}
  failed(): void {}

  disconnected(): void {
    const { leave } = this;
    this.leave = undefined;
    leave?.();
  }
}
