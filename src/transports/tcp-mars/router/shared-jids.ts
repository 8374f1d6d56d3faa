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
      const jid = this.#shared.get(text)?.jid ?? this.same(Jid.parse(text).bare());
      jids.set(jid.toString(), jid);
    }
    // A spread is as long as it has to be.
    const held = [...jids.values()];
    for (const jid of held) this.share(jid);
    return held;
  }

  /** The value that is shared, where there is one. */
  same(jid: Jid): Jid {
    return this.#shared.get(jid.toString())?.jid ?? jid;
  }

  /** One more holds it, until it is released. */
  share(jid: Jid): void {
    const text = jid.toString();
    const shared = this.#shared.get(text);
    if (shared === undefined) this.#shared.set(text, { jid, holders: 1 });
    else shared.holders += 1;
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
