/** RFC 6121 §4: whom users see available at other servers, for when such a server is not to be reached any more */
import { type Host, Jid, type Presence, presence } from '#core';

/** By full JID, as text. */
type Seen = Map<string, Jid>;

export class SeenElsewhere {
  readonly #host: Host;
  readonly #max: number;
  /** By domain, then by username. */
  readonly #domains = new Map<string, Map<string, Seen>>();

  /** `max`: resources of one domain noted for one user; of those above he is not told that they are gone. */
  constructor(host: Host, max: number) {
    this.#host = host;
    this.#max = max;
  }

  /** A user with sessions was told of somebody's presence. */
  told({ local }: Jid, from: Jid, { type }: Presence): void {
    if (type !== 'available') return this.#forget(local, from);
    const users = this.#domains.get(from.domain) ?? new Map<string, Seen>();
    this.#domains.set(from.domain, users);
    const seen = users.get(local) ?? new Map<string, Jid>();
    users.set(local, seen);
    if (seen.size < this.#max) seen.set(from.toString(), from);
  }

  #forget(local: string, from: Jid): void {
    const seen = this.#domains.get(from.domain)?.get(local);
    if (seen === undefined) return;
    seen.delete(from.toString());
    // §4.3.2 rule 3: from the bare JID it is about all resources
    if (from.isBare) for (const [key, jid] of seen) if (jid.bare().equals(from)) seen.delete(key);
    if (seen.size === 0) this.#drop(from.domain, local);
  }

  #drop(domain: string, local: string): void {
    const users = this.#domains.get(domain);
    users?.delete(local);
    if (users?.size === 0) this.#domains.delete(domain);
  }

  /** The user has no session any more. */
  left({ local }: Jid): void {
    for (const domain of [...this.#domains.keys()]) this.#drop(domain, local);
  }

  /** What the server of the domain knew of us it may not know any more, nor may those still be there: asks (§4.3.1). */
  ask(domain: string): void {
    for (const [local, seen] of this.#domains.get(domain) ?? []) {
      const contacts = new Map([...seen.values()].map((jid) => [jid.bare().toString(), jid.bare()]));
      const from = this.#userJid(local);
      for (const to of contacts.values()) void this.#host.route(presence({ type: 'probe', from, to }));
    }
  }

  /** Nobody there can be seen any more. */
  vanished(domain: string): void {
    const users = this.#domains.get(domain);
    this.#domains.delete(domain);
    for (const [local, seen] of users ?? []) {
      const to = this.#userJid(local);
      for (const from of seen.values()) void this.#host.route(presence({ type: 'unavailable', from, to }));
    }
  }

  #userJid(local: string): Jid {
    return Jid.of(local, this.#host.domain.domain);
  }
}
