/** XEP-0352 §3.2: what waits for an inactive client, in the order it came, the newest of each kind and sender only */
import { type ClientSession, delayed, type Gate, type Jid, NS_CLIENT, type Stanza } from '#core';
import type { Unimportant } from './unimportant.ts';

interface Waiting {
  readonly stanza: Stanza;
  readonly bytes: number;
}

export class Held implements Gate {
  readonly #session: ClientSession;
  readonly #unimportant: Unimportant;
  readonly #maxBytes: number;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  constructor(session: ClientSession, unimportant: Unimportant, maxBytes: number) {
    this.#session = session;
    this.#unimportant = unimportant;
    this.#maxBytes = maxBytes;
  }

  /** What is important goes on, after all that its sender sent before (RFC 6120 §10.1). */
  holds(stanza: Stanza): boolean {
    const key = this.#unimportant.keyOf(stanza, this.#session);
    if (key === undefined) {
      if (this.#waiting.size > 0) this.#release(this.#senderOf(stanza));
      return false;
    }
    this.#remove(key);
    const kept = this.#stamped(stanza);
    const bytes = Buffer.byteLength(kept.toString(NS_CLIENT));
    this.#waiting.set(key, { stanza: kept, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.flush();
    return true;
  }

  /** What is said in a room is shown with its time (XEP-0203); all else tells what holds now. */
  #stamped(stanza: Stanza): Stanza {
    const { clock, domain } = this.#session.host;
    return stanza.type === 'groupchat' ? delayed(stanza, clock.now(), domain) : stanza;
  }

  /** Writes all of it. */
  flush(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#bytes = 0;
    for (const { stanza } of waiting) this.#session.write(stanza);
  }

  #release(sender: Jid): void {
    for (const [key, { stanza }] of this.#waiting) {
      if (!this.#senderOf(stanza).equals(sender)) continue;
      this.#remove(key);
      this.#session.write(stanza);
    }
  }

  #remove(key: string): void {
    this.#bytes -= this.#waiting.get(key)?.bytes ?? 0;
    this.#waiting.delete(key);
  }

  /** A bare JID; what has no `from` is from the account itself (RFC 6120 §8.1.2.1). */
  #senderOf(stanza: Stanza): Jid {
    return stanza.from?.bare() ?? this.#session.user;
  }
}
