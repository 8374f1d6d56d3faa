/** docs/routers.md: the one connection of a game server for all its users */
import {
  type Body,
  type BodyInit,
  Command,
  encodeRouterLogin,
  type Init,
  type Message,
  type Presence,
  type PresenceInit,
  type RouterContacts,
  type RouterLogin,
  type RouterUser,
} from '#protocol/mars';
import { Emitter } from './emitter.ts';
import { ProtocolError, RefusedError } from './errors.ts';
import { Keeper, type KeeperOptions } from './keeper.ts';
import type { Platform } from './link.ts';
import { obey } from './obey.ts';
import { type ClientOptions, keeperOptions } from './options.ts';
import { Recent } from './recent.ts';
import { RoutedUser } from './routed-user.ts';

export interface RouterOptions extends Omit<ClientOptions, 'credentials' | 'resource' | 'deviceId'> {
  /** The name and the secret that the listener has for this game server. */
  readonly router: string;
  readonly secret: string;
}

export interface UserToEnter {
  /** Default: the server chooses; then the user has another one after each login. */
  readonly resource?: string;
  /** Bare JIDs of the contacts the game has for the user. */
  readonly contacts?: readonly string[];
  readonly presence?: PresenceInit;
}

export interface RouterEvents {
  /** There is a connection, again or for the first time. */
  readonly online: readonly [];
  /** After a lost connection: these users had to come again. Their presence is that of `enter`, and they are in no room. */
  readonly again: readonly [users: readonly RoutedUser[]];
  readonly offline: readonly [reason: Error, retryMs: number];
  readonly closed: readonly [reason: Error | undefined];
  /** One message, and who of the users gets it. */
  readonly message: readonly [users: readonly RoutedUser[], message: Message, envelope: Body];
  readonly presence: readonly [users: readonly RoutedUser[], presence: Presence, envelope: Body];
  /** The server ended the session of a user: kicked, or another took its place. */
  readonly gone: readonly [user: RoutedUser, farewell: Body];
  /** What nobody waits for was refused. */
  readonly refused: readonly [error: RefusedError, command: number];
  /** Every stanza, also those above. */
  readonly stanza: readonly [users: readonly RoutedUser[], body: Body];
}

interface Known {
  readonly user: RoutedUser;
  readonly login: Init<RouterLogin>;
}

/** What is remembered of messages, so that one that comes again after a lost connection is told once. */
const RECENT_MESSAGES = 10_000;
/** Requests of all users together. */
const MOST_REQUESTS = 100_000;
/** Users in one 1052: a frame has a limit. */
const REASSERTED_AT_ONCE = 5_000;
const LOGOUT_MS = 2_000;

export class Router extends Emitter<RouterEvents> {
  readonly #options: KeeperOptions;
  readonly #keeper: Keeper;
  readonly #recent = new Recent(RECENT_MESSAGES);
  readonly #users = new Map<string, Known>();
  readonly #idPrefix: string;
  #lastId = 0;
  /** How many connections there were. */
  #connections = 0;

  private constructor(options: KeeperOptions) {
    super();
    this.#options = options;
    this.#idPrefix = Array.from(options.platform.crypto.randomBytes(8), (byte) => byte.toString(36)).join('');
    this.#keeper = new Keeper(options, {
      online: () => this.#online(),
      offline: (reason, retryMs) => this.emit('offline', reason, retryMs),
      closed: (reason) => {
        this.emit('closed', reason);
        this.endEvents(reason);
      },
      pushed: (command, body) => this.#pushed(command, body),
      refused: (command, error) => this.emit('refused', error, command),
      handled: () => 0,
      // Said when the server asks, for all users at once.
      acknowledgement: () => ({}),
    });
  }

  /** A router that is logged in. @throws RefusedError, ConnectionLost, ProtocolError, RequestTimeout, TypeError */
  static async connect(
    { router, secret, ...options }: RouterOptions,
    platform: Platform,
    prepare?: (router: Router) => void,
  ): Promise<Router> {
    const credentials = { router, secret };
    const made = new Router({ ...keeperOptions({ ...options, credentials }, platform), mostRequests: MOST_REQUESTS });
    prepare?.(made);
    await made.#keeper.connect();
    return made;
  }

  /** Those who are behind this router. */
  get users(): RoutedUser[] {
    return Array.from(this.#users.values(), ({ user }) => user);
  }

  user(uid: string): RoutedUser | undefined {
    return this.#users.get(uid)?.user;
  }

  /** 1050: a user comes. Who is here already has a new session, with these contacts. */
  async enter(uid: string, { resource = '', contacts = [], presence = {} }: UserToEnter = {}): Promise<RoutedUser> {
    const login = { resource, roster: contacts.map((jid) => ({ jid })), presence };
    const { clock } = this.#options;
    const user = new RoutedUser(uid, {
      clock,
      request: (command, body) => this.request(command, body),
      newId: () => this.newId(),
    });
    const before = this.#users.get(uid);
    // What is for the user may come in the packet of the answer.
    this.#users.set(uid, { user, login });
    try {
      user.entered(await this.#logIn(uid, login));
      return user;
    } catch (error) {
      if (before === undefined) this.#users.delete(uid);
      else this.#users.set(uid, before);
      throw error;
    }
  }

  /** 1051: a user goes. */
  async leave(uid: string): Promise<void> {
    this.#users.delete(uid);
    await this.request(Command.routerLogout, { uid });
  }

  /** Any command. Sent again with the same id when the connection is lost before the answer. */
  request(command: number, body: BodyInit = {}): Promise<Body> {
    return this.#keeper.request(command, { ...body, id: body.id || this.newId() }, this.#options.timeoutMs);
  }

  newId(): string {
    return `${this.#idPrefix}-${++this.#lastId}`;
  }

  /** 1003: the router goes, and its users with it. */
  async close(): Promise<void> {
    this.#users.clear();
    const goodbye = { id: this.newId() };
    if (this.#keeper.isOnline) await this.#keeper.request(Command.logout, goodbye, LOGOUT_MS).catch(() => {});
    this.#keeper.finish(undefined);
  }

  async #logIn(uid: string, login: Init<RouterLogin>): Promise<RouterContacts> {
    const { payload } = await this.request(Command.routerLogin, {
      uid,
      payload: { case: 'routerLogin', value: login },
    });
    if (payload.case !== 'routerContacts') throw new ProtocolError('a login is answered with something else');
    return payload.value;
  }

  #online(): void {
    this.#connections++;
    // Before what waited for the connection is sent: it is of users who are to be there.
    if (this.#users.size > 0) this.#reassert(this.#connections).catch((error: unknown) => this.#failed(error));
    this.emit('online');
  }

  /** 1052. Those that the server does not know any more come again. */
  async #reassert(connection: number): Promise<void> {
    const { crypto } = this.#options.platform;
    const users: Init<RouterUser>[] = [];
    for (const [uid, { user, login }] of this.#users) {
      // Who is about to enter is asked for by 1050, which is sent again.
      if (!user.isInside) continue;
      users.push({ uid, digest: crypto.digest('SHA-256', encodeRouterLogin(login as RouterLogin)) });
    }
    const asked: Promise<Body>[] = [];
    for (let at = 0; at < users.length; at += REASSERTED_AT_ONCE) {
      const value = { users: users.slice(at, at + REASSERTED_AT_ONCE) };
      asked.push(this.request(Command.routerReassert, { payload: { case: 'routerReassert', value } }));
    }
    const unknown = (await Promise.all(asked)).flatMap(({ payload }) =>
      payload.case === 'routerReassert' ? payload.value.users : [],
    );
    // The connection after it asks for itself.
    if (connection !== this.#connections || unknown.length === 0) return;
    const again = await Promise.all(unknown.map(({ uid }) => this.#comeAgain(uid)));
    this.emit(
      'again',
      again.filter((user) => user !== undefined),
    );
  }

  async #comeAgain(uid: string): Promise<RoutedUser | undefined> {
    const known = this.#users.get(uid);
    if (known === undefined) return undefined;
    try {
      known.user.entered(await this.#logIn(uid, known.login));
      return known.user;
    } catch (error) {
      this.#users.delete(uid);
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    if (error instanceof RefusedError) this.emit('refused', error, Command.routerReassert);
  }

  #pushed(command: number, body: Body): void {
    const { payload, uid } = body;
    switch (payload.case) {
      case 'batch':
        for (const each of payload.value.bodies) this.#stanza([each.uid], each);
        return;
      case 'multiPush':
        if (payload.value.body !== undefined) this.#stanza(payload.value.uids, payload.value.body);
        return;
      case 'kick':
      case 'redirect':
      case 'streamError':
        return uid === '' ? obey(this.#keeper, payload) : this.#gone(uid, body);
    }
    if (command === Command.ackRequest && uid === '') return this.#keeper.send(Command.ack, { smAck: body.smSeq });
    if (command === Command.stanza) this.#stanza([uid], body);
    // Of a batch.
    else if (body.error !== undefined) this.emit('refused', new RefusedError(body.error, body), command);
  }

  #gone(uid: string, farewell: Body): void {
    const known = this.#users.get(uid);
    if (known === undefined) return;
    this.#users.delete(uid);
    this.emit('gone', known.user, farewell);
  }

  #stanza(uids: readonly string[], body: Body): void {
    const users = uids.flatMap((uid) => (this.#isNews(uid, body) ? (this.#users.get(uid)?.user ?? []) : []));
    if (users.length === 0) return;
    this.emit('stanza', users, body);
    const { payload } = body;
    if (payload.case === 'message') this.emit('message', users, payload.value, body);
    else if (payload.case === 'presence') this.emit('presence', users, payload.value, body);
    else if (payload.case === 'iq') for (const { questions } of users) questions.take(payload.value, body);
  }

  #isNews(uid: string, { payload, stanzaId, from, id }: Body): boolean {
    if (payload.case !== 'message') return true;
    if (stanzaId !== undefined) return this.#recent.add(`${uid} ${stanzaId.by} ${stanzaId.id}`);
    return id === '' || this.#recent.add(`${uid} ${from} ${id}`);
  }
}
