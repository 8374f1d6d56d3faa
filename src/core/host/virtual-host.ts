/** One domain the server answers for, and everything its modules registered */
import {
  type Accounts,
  type Ban,
  Bans,
  banText,
  type Fast,
  type Mechanism,
  noAccounts,
  SaslError,
} from '../auth/index.ts';
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Clock, Wheel } from '../clock/index.ts';
import { Hooks } from '../hooks/index.ts';
import { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import { IqTable } from '../router/iq-table.ts';
import { Replies } from '../router/replies.ts';
import type { Router } from '../router/router.ts';
import { RPC, type RpcService } from '../rpc/index.ts';
import { type ClientSession, type Handed, NS_SESSIONS, type SessionPolicy, SessionRegistry } from '../session/index.ts';
import { presence, StanzaError } from '../stanza/index.ts';
import type { MapStore, Stores } from '../storage/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import { type Element, ns } from '../xml/index.ts';
import { ContractTable } from './contracts.ts';
import { FeatureTable } from './features.ts';
import { InlineTable } from './inline.ts';

/** RFC 6120 §7.7.2.2: the older session ends, the newer is refused, or the newer gets another resource. */
export type ResourceConflict = 'replace' | 'refuse' | 'rename';

/** Takes an element of a bound session that is not a stanza. A StreamError it throws ends the stream. */
export type NonzaTaker = (session: ClientSession, element: Element) => Awaitable<void>;

export interface VirtualHostParts {
  readonly domain: Jid;
  /** Of a service: the domain of the users it is for. */
  readonly home?: Jid | undefined;
  readonly router: Router;
  readonly accounts: Accounts;
  readonly mechanisms: readonly Mechanism[];
  /** Present when logins by token are possible (XEP-0484). */
  readonly fast?: Fast | undefined;
  readonly resourceConflict: ResourceConflict;
  readonly sessionPolicy: SessionPolicy;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly log: Logger;
}

export class VirtualHost {
  readonly domain: Jid;
  /** The domain of the users it is for: its own, unless it is a service. */
  readonly home: Jid;
  /** The hosts of the services for the users of this host. */
  readonly services: VirtualHost[] = [];
  readonly router: Router;
  readonly accounts: Accounts;
  readonly bans: Bans;
  readonly mechanisms: readonly Mechanism[];
  readonly fast: Fast | undefined;
  readonly resourceConflict: ResourceConflict;
  readonly sessionPolicy: SessionPolicy;
  readonly stores: Stores;
  readonly clock: Clock;
  /** One timer for all deadlines of the server. */
  readonly wheel: Wheel;
  readonly log: Logger;
  readonly sessions = new SessionRegistry();
  readonly hooks: Hooks;
  readonly iqs = new IqTable();
  /** By namespace. */
  readonly nonzas = new Map<string, NonzaTaker>();
  readonly features = new FeatureTable();
  readonly inline = new InlineTable();
  readonly contracts = new ContractTable();
  readonly replies: Replies;
  /** None of them rejects. */
  readonly #returning = new Set<Promise<void>>();
  /** By username, the accounts that are gone and whose data is not, as far as is known. */
  readonly #leaving: MapStore<true>;

  constructor(parts: VirtualHostParts) {
    this.domain = parts.domain;
    this.home = parts.home ?? parts.domain;
    this.router = parts.router;
    this.accounts = parts.accounts;
    this.mechanisms = parts.mechanisms;
    this.fast = parts.fast;
    this.resourceConflict = parts.resourceConflict;
    this.sessionPolicy = parts.sessionPolicy;
    this.stores = parts.stores;
    this.clock = parts.clock;
    this.wheel = parts.wheel;
    this.log = parts.log;
    this.bans = new Bans(parts.stores, parts.clock);
    this.#leaving = parts.stores.map('leaving');
    this.hooks = new Hooks(parts.log);
    this.replies = new Replies(parts.domain, parts.clock, (request) => void parts.router.route(request));
  }

  /** Makes a domain without accounts, for the users of this host. */
  addService(domain: string, stores: Stores, log: Logger): VirtualHost {
    const { router, resourceConflict, sessionPolicy, clock, wheel } = this;
    const host = new VirtualHost({
      ...{ domain: Jid.of('', domain), home: this.domain, accounts: noAccounts, mechanisms: [] },
      ...{ router, resourceConflict, sessionPolicy, stores, clock, wheel, log },
    });
    this.services.push(host);
    router.add(host);
    return host;
  }

  /** Answers the calls of clients to services; undefined where no module does. */
  get rpc(): RpcService | undefined {
    return this.contracts.find(RPC);
  }

  get isService(): boolean {
    return this.home !== this.domain;
  }

  /** A resource was bound: from now on it can be addressed. */
  sessionBound(session: ClientSession): void {
    this.sessions.add(session);
    this.hooks.notify('session:bound', { session });
    const ban = this.bans.recent(session.user.local);
    if (ban !== undefined) session.close(bannedError(ban));
  }

  /** RFC 6121 §4.5.1: however a session ends, those who saw it available learn that it no longer is. */
  sessionEnded(session: ClientSession): void {
    if (!this.sessions.remove(session)) return;
    const gone = presence({ type: 'unavailable', from: session.jid });
    const told = session.available ? this.hooks.notify('session:unavailable', { session, presence: gone }) : undefined;
    session.presence = undefined;
    if (isPromise(told)) told.then(() => this.hooks.notify('session:closed', { session }));
    else this.hooks.notify('session:closed', { session });
    if (session.management !== undefined) this.returned(session, session.management.unacknowledged);
  }

  /** A session that is over was handed these, and its client has not acknowledged them. Never throws. */
  returned(session: ClientSession, handed: Iterable<Handed>): void {
    const done = this.router.returned(session, handed);
    if (!isPromise(done)) return;
    this.#returning.add(done);
    done.then(() => this.#returning.delete(done));
  }

  /** Lets an account not log in until a time, and ends its sessions. */
  async ban(user: Jid, ban: Ban): Promise<void> {
    await this.bans.set(user.local, ban);
    for (const session of this.sessions.of(user)) session.close(bannedError(ban));
  }

  /** Ends all sessions; resolves when what their clients had not acknowledged is somewhere else. */
  async endSessions(): Promise<void> {
    for (const session of this.sessions) session.close();
    while (this.#returning.size > 0) await Promise.all(this.#returning);
  }

  /**
   * Makes an account, and tells the modules. Refusals as Accounts.create; conflict too for a name whose former owner's
   * data is still being purged, since it would be the new one's.
   */
  async createAccount(username: string, password: string, kind?: 'scram' | 'argon2'): Promise<Jid> {
    const user = this.userJid(username);
    if ((await this.#leaving.get(user.local, '')) !== undefined) {
      throw new StanzaError('conflict', 'an account of that name is being deleted');
    }
    await this.accounts.create({ username: user.local, password, ...(kind && { kind }) });
    await this.hooks.notify('account:created', { user });
    return user;
  }

  /**
   * An account whose credentials are kept elsewhere has logged in: its first login makes it known here, and tells the modules.
   *
   * @throws SaslError temporary-auth-failure while the data of a former owner of the name is being purged
   */
  async accountLoggedIn(username: string): Promise<void> {
    if ((await this.#leaving.get(username, '')) !== undefined) {
      throw new SaslError('temporary-auth-failure', 'an account of that name is being deleted');
    }
    if (await this.accounts.enter(username))
      await this.hooks.notify('account:created', { user: this.userJid(username) });
  }

  /**
   * What a login meets that has proved who it is, by whatever mechanism.
   *
   * @throws SaslError account-disabled, as Bans.check; temporary-auth-failure, as accountLoggedIn
   */
  async admitLogin(username: string): Promise<void> {
    await this.bans.check(username);
    await this.accountLoggedIn(username);
  }

  /**
   * Deletes an account: its sessions end with not-authorized (XEP-0077 §3.2), its data is purged by the modules. What the
   * end of the process interrupts is done by finishDeletions.
   *
   * @param told called when the account is out of storage and its sessions still are there
   */
  async deleteAccount(username: string, told?: () => void): Promise<void> {
    const user = this.userJid(username);
    // In one turn, so in one commit.
    const [marked, deleted] = await Promise.allSettled([
      this.#leaving.update(user.local, '', (present) => {
        if (present) throw new StanzaError('item-not-found', 'the account is being deleted already');
        return true;
      }),
      this.accounts.delete(user.local),
    ]);
    if (marked.status === 'rejected') throw marked.reason;
    if (deleted.status === 'rejected') {
      await this.#leaving.purge(user.local);
      throw deleted.reason;
    }
    told?.();
    for (const session of this.sessions.of(user)) session.close(new StreamError('not-authorized', 'account deleted'));
    await this.#purge(user);
  }

  /** Purges the data of accounts whose deletion was interrupted; to be called once, when all modules are set up. */
  async finishDeletions(): Promise<void> {
    for (const username of await this.#leaving.owners()) await this.#purge(this.userJid(username));
  }

  async #purge(user: Jid): Promise<void> {
    await this.bans.lift(user.local);
    await this.hooks.notify('account:deleted', { user });
    for (const { hooks } of this.services) await hooks.notify('account:deleted', { user });
    await this.#leaving.purge(user.local);
  }

  /** The connection of an anonymous user is gone, and his account with it (XEP-0175). Never throws. */
  deleteTemporary(username: string): void {
    this.deleteAccount(username).catch((error: unknown) =>
      this.log.error({ err: error }, 'an account was not deleted'),
    );
  }

  userJid(username: string): Jid {
    return Jid.of(username, this.domain.domain);
  }
}

function bannedError(ban: Ban): StreamError {
  return new StreamError('policy-violation', banText(ban), { application: ns(NS_SESSIONS)('banned') });
}
