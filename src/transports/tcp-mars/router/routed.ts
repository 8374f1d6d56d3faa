/** Which users came by which router, for one that comes back after its connection was lost */
import type { ClientSession } from '#core';

export interface RoutedUser {
  readonly session: ClientSession;
  /** Of the login as the router sent it. */
  readonly digest: Uint8Array;
}

export class Routed {
  readonly #byRouter = new Map<string, Map<string, RoutedUser>>();
  readonly #keys = new WeakMap<ClientSession, { readonly router: string; readonly uid: string }>();

  add(router: string, uid: string, user: RoutedUser): void {
    const users = this.#byRouter.get(router) ?? new Map<string, RoutedUser>();
    this.#byRouter.set(router, users.set(uid, user));
    this.#keys.set(user.session, { router, uid });
  }

  get(router: string, uid: string): RoutedUser | undefined {
    return this.#byRouter.get(router)?.get(uid);
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    const key = this.#keys.get(session);
    if (key === undefined) return;
    const users = this.#byRouter.get(key.router);
    if (users?.get(key.uid)?.session !== session) return;
    users.delete(key.uid);
    if (users.size === 0) this.#byRouter.delete(key.router);
  }
}
