/** Stanzas that were pushed: counted, acknowledged, and each told once */
import type { Body } from '#protocol/mars';
import { Recent } from './recent.ts';

/** The server keeps what is not acknowledged. */
const ACKNOWLEDGE_EVERY = 20;
/** Messages by their ids: what a new session brings from the offline store or the archive may be known. */
const RECENT_MESSAGES = 1_000;

export class Inbox {
  readonly #recent = new Recent(RECENT_MESSAGES);
  #handled = 0;
  #acknowledged = 0;

  get handled(): number {
    return this.#handled;
  }

  /** A new session counts from the beginning. */
  reset(): void {
    this.#handled = 0;
    this.#acknowledged = 0;
  }

  /** Whether the stanza is to be told. */
  take(body: Body): boolean {
    if (body.smSeq > 0) {
      // After a resumption the server may begin before what we said.
      if (body.smSeq <= this.#handled) return false;
      this.#handled = body.smSeq;
    }
    if (body.payload.case !== 'message') return true;
    const { stanzaId, from, id } = body;
    if (stanzaId !== undefined) return this.#recent.add(`${stanzaId.by} ${stanzaId.id}`);
    return id === '' || this.#recent.add(`${from} ${id}`);
  }

  get isDue(): boolean {
    return this.#handled - this.#acknowledged >= ACKNOWLEDGE_EVERY;
  }

  /** For the envelope of what is sent next; undefined when the server knows it. */
  acknowledge(): number | undefined {
    if (this.#handled === this.#acknowledged) return undefined;
    this.#acknowledged = this.#handled;
    return this.#handled;
  }
}
