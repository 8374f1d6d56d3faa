/** One value for an address, however many have it as a contact: hundreds of thousands of users have millions of contacts */
import { Jid } from '#core';

interface Shared {
  readonly jid: Jid;
  holders: number;
}

export class SharedJids {
  readonly #shared = new Map<string, Shared>();

  get size(): number {
    return this.#shared.size;
  }

  /** The bare JIDs of these addresses, each once. They are held until they are released. @throws JidError, and holds none */
  hold(texts: readonly string[]): readonly Jid[] {
    const jids = new Map<string, Jid>();
    for (const text of texts) {
      const jid = this.#shared.get(text)?.jid ?? Jid.parse(text).bare();
      jids.set(jid.toString(), jid);
    }
    return Array.from(jids.values(), (jid) => this.#hold(jid));
  }

  #hold(jid: Jid): Jid {
    const text = jid.toString();
    const shared = this.#shared.get(text) ?? { jid, holders: 0 };
    shared.holders += 1;
    if (shared.holders === 1) this.#shared.set(text, shared);
    return shared.jid;
  }

  release(jids: readonly Jid[]): void {
    for (const jid of jids) {
      const text = jid.toString();
      const shared = this.#shared.get(text);
      if (shared === undefined) continue;
      shared.holders -= 1;
      if (shared.holders === 0) this.#shared.delete(text);
    }
  }
}
