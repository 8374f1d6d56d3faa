/** Which users came by which router, for one that comes back after its connection was lost */
import { type ClientSession, Jid, type ResumeTerms, type Router } from '#core';
import type { RouterRule } from './config.ts';
import { SharedJids } from './shared-jids.ts';

/** The session is resumed by its router, which names the user. */
export class RoutedUser implements ResumeTerms {
  /** Of the router. */
  readonly rule: RouterRule;
  readonly uid: string;
  /** Of the login as the router sent it. */
  readonly digest: string;
  readonly patienceMs: number;

  constructor(rule: RouterRule, uid: string, digest: string, patienceMs: number) {
    this.rule = rule;
    this.uid = uid;
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

  /** The session is that of a user who came by a router, as its terms say. */
  add(session: ClientSession): void {
    this.jids.share(session.user);
  }

  /** The session is over. */
  closed(session: ClientSession): void {
    if (routedUser(session) !== undefined) this.jids.release([session.user, ...(session.contacts ?? [])]);
  }
}

/** The latest session of a user who came by this router: sessions are found by their names, and need no other list. */
export function sessionBy(rule: RouterRule, uid: string, router: Router): ClientSession | undefined {
  let latest: ClientSession | undefined;
  for (const domain of rule.domains) {
    const jid = Jid.tryParse(`${uid}@${domain}`);
    if (jid === undefined) continue;
    for (const session of router.usersHost(domain)?.sessions.of(jid) ?? []) {
      const user = routedUser(session);
      if (user?.rule !== rule || user.uid !== uid) continue;
      if (latest === undefined || session.boundAt >= latest.boundAt) latest = session;
    }
  }
  return latest;
}

export function routedUser({ management }: ClientSession): RoutedUser | undefined {
  const terms = management?.terms;
  return terms instanceof RoutedUser ? terms : undefined;
}
