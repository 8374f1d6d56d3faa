/** XEP-0280 §6.1: an error is carbon-copied when the message it answers was */
import type { Jid } from '#core';

const MOST = 64;
const LONGEST_ID = 128;

/** The latest eligible messages a user exchanged, by their address and id: error replies need not say more (RFC 6120 §8.3.1). */
export class Answerable {
  readonly #keys = new Set<string>();

  add(peer: Jid, id: string | undefined): void {
    if (id === undefined || id.length > LONGEST_ID) return;
    const key = keyOf(peer, id);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    if (this.#keys.size > MOST) for (const oldest of this.#keys) return void this.#keys.delete(oldest);
  }

  has(peer: Jid, id: string | undefined): boolean {
    return id !== undefined && this.#keys.has(keyOf(peer, id));
  }
}

function keyOf(peer: Jid, id: string): string {
  return `${peer.bare()} ${id}`;
}
