/** One domain the server answers for, and everything its modules registered */
import type { Accounts, Mechanism } from '../auth/index.ts';
import { isPromise } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import { Hooks } from '../hooks/index.ts';
import { Jid } from '../jid/index.ts';
import type { Logger } from '../log/index.ts';
import { IqTable } from '../router/iq-table.ts';
import { Replies } from '../router/replies.ts';
import type { Router } from '../router/router.ts';
import { type ClientSession, SessionRegistry } from '../session/index.ts';
import { presence } from '../stanza/index.ts';
import type { Stores } from '../storage/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import { FeatureTable } from './features.ts';

/** RFC 6120 §7.7.2.2: the older session ends, the newer is refused, or the newer gets another resource. */
export type ResourceConflict = 'replace' | 'refuse' | 'rename';

export interface VirtualHostParts {
  readonly domain: Jid;
  readonly router: Router;
  readonly accounts: Accounts;
  readonly mechanisms: readonly Mechanism[];
  readonly resourceConflict: ResourceConflict;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Logger;
}

export class VirtualHost {
  readonly domain: Jid;
  readonly router: Router;
  readonly accounts: Accounts;
  readonly mechanisms: readonly Mechanism[];
  readonly resourceConflict: ResourceConflict;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly log: Logger;
  readonly sessions = new SessionRegistry();
  readonly hooks: Hooks;
  readonly iqs = new IqTable();
  readonly features = new FeatureTable();
  readonly replies: Replies;

  constructor(parts: VirtualHostParts) {
    this.domain = parts.domain;
    this.router = parts.router;
    this.accounts = parts.accounts;
    this.mechanisms = parts.mechanisms;
    this.resourceConflict = parts.resourceConflict;
    this.stores = parts.stores;
    this.clock = parts.clock;
    this.log = parts.log;
    this.hooks = new Hooks(parts.log);
    this.replies = new Replies(parts.domain, parts.clock, (request) => void parts.router.route(request));
  }

  /** A resource was bound: from now on it can be addressed. */
  sessionBound(session: ClientSession): void {
    this.sessions.add(session);
    this.hooks.notify('session:bound', { session });
  }

  /** RFC 6121 §4.5.1: however a session ends, those who saw it available learn that it no longer is. */
  sessionEnded(session: ClientSession): void {
    if (!this.sessions.remove(session)) return;
    const gone = presence({ type: 'unavailable', from: session.jid });
    const told = session.available ? this.hooks.notify('session:unavailable', { session, presence: gone }) : undefined;
    session.presence = undefined;
    if (isPromise(told)) told.then(() => this.hooks.notify('session:closed', { session }));
    else this.hooks.notify('session:closed', { session });
  }

  /** Makes an account, and tells the modules. Refusals as Accounts.create. */
  async createAccount(username: string, password: string, kind?: 'scram' | 'argon2'): Promise<Jid> {
    await this.accounts.create(kind === undefined ? { username, password } : { username, password, kind });
    const user = this.userJid(username);
    await this.hooks.notify('account:created', { user });
    return user;
  }

  /**
   * Deletes an account: its sessions end with not-authorized (XEP-0077 §3.2), its data is purged by the modules.
   *
   * @param told called when the account is out of storage and its sessions still are there
   */
  async deleteAccount(username: string, told?: () => void): Promise<void> {
    await this.accounts.delete(username);
    told?.();
    const user = this.userJid(username);
    for (const session of this.sessions.of(user)) session.close(new StreamError('not-authorized', 'account deleted'));
    await this.hooks.notify('account:deleted', { user });
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
