/** 1068: to whom the clients of sessions want to connect, though they are no friends: the other one may want the same */
import type { ClientSession, Jid } from '#core';
import type { EndpointDraft } from '../stanza-mapping/direct-offer.ts';

const LASTS_MS = 60_000;
/** Of one session; with one more, the oldest is forgotten. */
const MOST = 10;

interface Wish {
  /** Where the client can be reached. */
  readonly endpoints: readonly EndpointDraft[];
  readonly until: number;
}

export class DirectWishes {
  /** By the full JID of the other. */
  readonly #bySession = new WeakMap<ClientSession, Map<string, Wish>>();

  add(session: ClientSession, other: Jid, endpoints: readonly EndpointDraft[]): void {
    const wishes = this.#bySession.get(session) ?? new Map<string, Wish>();
    this.#bySession.set(session, wishes);
    const name = other.toString();
    wishes.delete(name);
    const [oldest] = wishes.keys();
    if (wishes.size >= MOST && oldest !== undefined) wishes.delete(oldest);
    wishes.set(name, { endpoints, until: session.host.clock.now() + LASTS_MS });
  }

  /** Where the client said it can be reached; undefined when it does not want it (any more). A wish is fulfilled once. */
  take(session: ClientSession, other: Jid): readonly EndpointDraft[] | undefined {
    const wishes = this.#bySession.get(session);
    const wish = wishes?.get(other.toString());
    wishes?.delete(other.toString());
    return wish !== undefined && wish.until > session.host.clock.now() ? wish.endpoints : undefined;
  }
}
