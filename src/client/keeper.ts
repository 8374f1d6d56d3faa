/** Keeps a client logged in: one server after the other, again when the connection is lost, with the same session if it can be */
import type { Body, BodyInit } from '#protocol/mars';
import { BackOff, type BackOffOptions } from './back-off.ts';
import type { Clock } from './clock.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { ClosedError, ConnectionLost, ProtocolError, RefusedError, RequestTimeout } from './errors.ts';
import { type LoginOptions, logIn, type Session } from './login.ts';

export interface KeeperOptions extends LoginOptions, Omit<ConnectionOptions, 'clock'> {
  readonly servers: readonly URL[];
  readonly clock: Clock;
  readonly backOff: BackOffOptions;
  /** How long a connection may take to come about. */
  readonly connectMs: number;
  /** Most requests that wait for an answer, or for a connection. */
  readonly mostRequests: number;
}

export interface KeeperEvents {
  /** Before any push of the connection. `missed` is undefined for a new session. */
  online(jid: string, missed: number | undefined): void;
  offline(reason: Error, retryMs: number): void;
  /** The last event. */
  closed(reason: Error | undefined): void;
  pushed(cmdid: number, body: Body): void;
  /** Nobody waits for the answer. */
  refused(cmdid: number, error: RefusedError): void;
  /** How many stanzas of the session have been handled. */
  handled(): number;
  /** The same for the envelope of what is sent now, where the server does not know it. */
  acknowledgement(): { smAck?: number };
}

/** A request that waits for a connection. */
interface Waiting {
  online(connection: Connection): void;
  failed(error: Error): void;
}

type State =
  | { readonly at: 'offline'; readonly waiting: Set<Waiting> }
  | { readonly at: 'online'; readonly connection: Connection }
  | { readonly at: 'closed'; readonly error: Error };

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #events: KeeperEvents;
  readonly #backOff: BackOff;
  #state: State = { at: 'offline', waiting: new Set() };
  #session: Session | undefined;
  /** Where the server sent us, and where we were last. */
  #preferred: readonly URL[] = [];
  #abort = new AbortController();
  #requests = 0;
  /** Ends the wait for the next attempt. */
  #hurry = (): void => {};
  /** What the server asked for before it closed. */
  #leastMs = 0;

  constructor(options: KeeperOptions, events: KeeperEvents) {
    this.#options = options;
    this.#events = events;
    this.#backOff = new BackOff(options.backOff, options.clock);
  }

  /** Tries each server once. After the first success it is never given up, except where that would be no use. */
  async connect(): Promise<void> {
    try {
      await this.#tryServers();
    } catch (error) {
      this.finish(error as Error);
      throw error;
    }
  }

  /**
   * Sent again when the connection is lost before the answer: its id tells the server that it is the same.
   * @throws RefusedError, RequestTimeout, ClosedError
   */
  async request(cmdid: number, body: BodyInit & { readonly id: string }, timeoutMs: number): Promise<Body> {
    const { clock, mostRequests } = this.#options;
    if (this.#requests >= mostRequests) throw new ConnectionLost(`${mostRequests} requests are waiting already`);
    this.#requests++;
    try {
      const deadline = clock.now() + timeoutMs;
      for (;;) {
        const connection = await this.#whenOnline(deadline - clock.now());
        try {
          // The session may be another one than when this was asked first.
          const envelope = { ...body, ...this.#events.acknowledgement() };
          return await connection.request(cmdid, envelope, Math.max(1, deadline - clock.now()));
        } catch (error) {
          if (!(error instanceof ConnectionLost) || this.#state.at === 'closed') throw error;
        }
      }
    } finally {
      this.#requests--;
    }
  }

  /** Of the latest connection. */
  get url(): URL | undefined {
    return this.#preferred[0];
  }

  get isOnline(): boolean {
    return this.#state.at === 'online';
  }

  /** Only if there is a connection now. */
  send(cmdid: number, body: BodyInit): void {
    if (this.#state.at !== 'online') return;
    this.#state.connection.send(cmdid, { ...body, ...this.#events.acknowledgement() });
  }

  /** The program was asleep: a connection that it had is likely to be dead. */
  wake(): void {
    this.#backOff.reset();
    if (this.#state.at === 'online') this.#state.connection.close(new ConnectionLost('after a sleep'));
    this.#hurry();
  }

  /** Connects there instead, or to the servers that are known when nobody answers there. */
  move(servers: readonly URL[], keepsSession: boolean): void {
    if (!keepsSession) this.#session = undefined;
    this.#preferred = servers;
    if (this.#state.at === 'online') this.#state.connection.close(new ConnectionLost('the server sends us elsewhere'));
  }

  /** Comes back, but not before. */
  pause(leastMs: number, reason: Error): void {
    this.#leastMs = leastMs;
    if (this.#state.at === 'online') this.#state.connection.close(reason);
  }

  /** For good. */
  finish(reason: Error | undefined): void {
    if (this.#state.at === 'closed') return;
    const before = this.#state;
    const error = reason ?? new ClosedError('the client is closed');
    this.#state = { at: 'closed', error };
    this.#abort.abort(error);
    this.#hurry();
    if (before.at === 'online') before.connection.close(error);
    if (before.at === 'offline') for (const { failed } of before.waiting) failed(error);
    this.#events.closed(reason);
  }

  async #tryServers(): Promise<void> {
    const failures: Error[] = [];
    const urls = new Map([...this.#preferred, ...this.#options.servers].map((url) => [url.href, url]));
    for (const url of urls.values()) {
      try {
        return await this.#connectTo(url);
      } catch (error) {
        if (this.#state.at === 'closed') throw this.#state.error;
        if (isFinal(error)) throw error;
        failures.push(error as Error);
        if (error instanceof RefusedError) this.#leastMs = Math.max(this.#leastMs, error.retryAfterMs);
      }
    }
    const [first] = failures;
    throw failures.length === 1 && first !== undefined
      ? first
      : new ConnectionLost(`no server lets us in: ${failures.map(({ message }) => message).join('; ')}`, {
          cause: first,
        });
  }

  async #connectTo(url: URL): Promise<void> {
    const { clock, connectMs } = this.#options;
    const attempt = new AbortController();
    const abort = (): void => attempt.abort(this.#abort.signal.reason);
    this.#abort.signal.addEventListener('abort', abort);
    const stopTimer = clock.after(connectMs, () => {
      attempt.abort(new ConnectionLost(`${url.host} does not answer within ${connectMs} ms`));
    });
    try {
      const connection = await Connection.open(url, this.#options, attempt.signal);
      // From now on each answer has its own time.
      stopTimer();
      attempt.signal.addEventListener('abort', () => connection.close());
      try {
        const session = this.#session;
        const earlier = session && { session, handled: this.#events.handled() };
        const { jid, missed, session: next } = await logIn(connection, this.#options, earlier);
        if (this.#state.at === 'closed') throw this.#state.error;
        this.#session = next;
        this.#preferred = [url];
        this.#entered(connection, jid, missed);
      } catch (error) {
        connection.close();
        throw error;
      }
    } finally {
      stopTimer();
      this.#abort.signal.removeEventListener('abort', abort);
    }
  }

  #entered(connection: Connection, jid: string, missed: number | undefined): void {
    const waiting = this.#state.at === 'offline' ? this.#state.waiting : new Set<Waiting>();
    this.#state = { at: 'online', connection };
    this.#backOff.reset();
    this.#leastMs = 0;
    this.#events.online(jid, missed);
    for (const { online } of waiting) online(connection);
    connection.follow({
      pushed: (cmdid, body) => this.#events.pushed(cmdid, body),
      refused: (cmdid, error) => this.#events.refused(cmdid, error),
      closed: (error) => {
        if (this.#state.at !== 'online' || this.#state.connection !== connection) return;
        this.#state = { at: 'offline', waiting: new Set() };
        if (error instanceof ProtocolError) this.#session = undefined;
        void this.#return(error);
      },
    });
  }

  async #return(reason: Error): Promise<void> {
    for (let last = reason; this.#state.at === 'offline'; ) {
      const ms = Math.round(this.#backOff.next(this.#leastMs));
      this.#leastMs = 0;
      this.#events.offline(last, ms);
      await new Promise<void>((done) => {
        const stop = this.#options.clock.after(ms, done);
        this.#hurry = () => {
          stop();
          done();
        };
      });
      if (this.#state.at !== 'offline') return;
      try {
        await this.#tryServers();
      } catch (error) {
        if (isFinal(error)) return this.finish(error as Error);
        last = error as Error;
      }
    }
  }

  #whenOnline(ms: number): Promise<Connection> {
    const state = this.#state;
    return new Promise((resolve, reject) => {
      if (state.at === 'closed') throw new ClosedError('the client is closed', { cause: state.error });
      if (state.at === 'online') return resolve(state.connection);
      const waiting: Waiting = {
        online(connection) {
          stop();
          resolve(connection);
        },
        failed(error) {
          stop();
          reject(new ClosedError('the client is closed', { cause: error }));
        },
      };
      state.waiting.add(waiting);
      const stop = this.#options.clock.after(Math.max(0, ms), () => {
        state.waiting.delete(waiting);
        reject(new RequestTimeout('there was no connection in time'));
      });
    });
  }
}

/** Whether to try again would be no use: the server knows us and does not want us. A fault of its own is over some time. */
function isFinal(error: unknown): boolean {
  if (!(error instanceof RefusedError)) return error instanceof ClosedError;
  return error.type !== 'wait' && error.condition !== 'internal-server-error';
}
