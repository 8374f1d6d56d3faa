/** RFC 6120 §10.4: stanzas that wait for a stream, in order; how many wait for one domain is bounded */
import { type Stanza, StanzaError } from '#core';

/** A stanza, and when it was given to us (ms since 1970). */
export interface Sent {
  readonly stanza: Stanza;
  readonly at: number;
}

/** What waits for one remote domain, in all its queues. */
export interface Budget {
  stanzas: number;
  bytes: number;
}

export interface QueueLimits {
  readonly queue_stanzas: number;
  readonly queue_bytes: number;
}

export class StanzaQueue {
  readonly #budget: Budget;
  readonly #limits: QueueLimits;
  #waiting: Sent[] = [];

  constructor(budget: Budget, limits: QueueLimits) {
    this.#budget = budget;
    this.#limits = limits;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws StanzaError when as much waits as may */
  push(sent: Sent): void {
    const { queue_stanzas, queue_bytes } = this.#limits;
    if (this.#budget.stanzas >= queue_stanzas || this.#budget.bytes + sent.stanza.size > queue_bytes) {
      throw new StanzaError('resource-constraint', `too much waits for ${sent.stanza.to?.domain}`);
    }
    this.#count(1, sent);
    this.#waiting.push(sent);
  }

  /** What was sent before anything that waits now; that it was taken once is not taken back. */
  putBack(sent: readonly Sent[]): void {
    for (const one of sent) this.#count(1, one);
    this.#waiting = [...sent, ...this.#waiting];
  }

  /** Hands out the oldest ones for as long as `isWanted` says so, which may look at what `take` has changed. */
  hand(isWanted: (oldest: Sent) => boolean, take: (sent: Sent) => void): number {
    const waiting = this.#waiting;
    let count = 0;
    while (count < waiting.length && isWanted(waiting[count] as Sent)) {
      const sent = waiting[count++] as Sent;
      this.#count(-1, sent);
      take(sent);
    }
    waiting.splice(0, count);
    return count;
  }

  /** Takes all out. */
  clear(): readonly Sent[] {
    const all = this.#waiting;
    this.#waiting = [];
    for (const sent of all) this.#count(-1, sent);
    return all;
  }

  #count(by: 1 | -1, { stanza }: Sent): void {
    this.#budget.stanzas += by;
    this.#budget.bytes += by * stanza.size;
  }
}
