/** Which users came by which router, for one that comes back after its connection was lost */
import type { ClientSession } from '#core';
import { SharedJids } from './shared-jids.ts';

export interface RoutedUser {
  /** The name of the router. */
  readonly router: string;
  readonly uid: string;
  readonly session: ClientSession;
  /** Of the login as the router sent it. */
  readonly digest: string;
}

export class Routed {
  /** Those that the sessions have. */
  readonly contacts = new SharedJids();
  readonly #byRouter = new Map<string, Map<string, RoutedUser>>();
  readonly #bySession = new WeakMap<ClientSession, RoutedUser>();

  add(user: RoutedUser): void {
    const { router, uid, session } = user;
    const users = this.#byRouter.get(router) ?? new Map<string, RoutedUser>();
    this.#byRouter.set(router, users.set(uid, user));
    this.#bySession.set(session, user);
  }

  get(router: string, uid: string): RoutedUser | undefined {
    return this.#byRouter.get(router)?.get(uid);
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    const user = this.#bySession.get(session);
    if (user === undefined) return;
    this.contacts.release(session.contacts ?? []);
    const users = this.#byRouter.get(user.router);
    if (users?.get(user.uid) !== user) return;
    users.delete(user.uid);
    if (users.size === 0) this.#byRouter.delete(user.router);
  }
}
