/** Which users came by which router, for one that comes back after its connection was lost */
import type { ClientSession, ResumeTerms } from '#core';
import { SharedJids } from './shared-jids.ts';

/** The session is resumed by its router, which names the user. */
export class RoutedUser implements ResumeTerms {
  /** The name of the router. */
  readonly router: string;
  readonly uid: string;
  readonly session: ClientSession;
  /** Of the login as the router sent it. */
  readonly digest: string;
  readonly patienceMs: number;

  constructor(router: string, uid: string, session: ClientSession, digest: string, patienceMs: number) {
    this.router = router;
    this.uid = uid;
    this.session = session;
    this.digest = digest;
    this.patienceMs = patienceMs;
  }

  get id(): undefined {
    return undefined;
  }
}

export class Routed {
  /** Of the users and their contacts, who mostly are users too. */
  readonly jids = new SharedJids();
  readonly #byRouter = new Map<string, Map<string, RoutedUser>>();

  add(user: RoutedUser): void {
    const { router, uid, session } = user;
    const users = this.#byRouter.get(router) ?? new Map<string, RoutedUser>();
    this.#byRouter.set(router, users.set(uid, user));
    this.jids.share(session.user);
  }

  get(router: string, uid: string): RoutedUser | undefined {
    return this.#byRouter.get(router)?.get(uid);
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    const user = session.management?.terms;
    if (!(user instanceof RoutedUser)) return;
    this.jids.release([session.user, ...(session.contacts ?? [])]);
    const users = this.#byRouter.get(user.router);
    if (users?.get(user.uid) !== user) return;
    users.delete(user.uid);
    if (users.size === 0) this.#byRouter.delete(user.router);
  }
}
