/** How many requests of a connection are looked at */
import { type Rate, TokenBucket } from '#core';

/** One for all connections of a listener. @param perSecond in the long run; after quiet seconds twice as many at once */
export function quotaRate(perSecond: number): Rate {
  return { perSecond, size: 2 * perSecond };
}

export class Quota {
  readonly #bucket = new TokenBucket();
  readonly #rate: Rate;
  #refused = 0;

  /** @param rate from `quotaRate` */
  constructor(rate: Rate) {
    this.#rate = rate;
  }

  /** 0: go on; else the ms after which one more is looked at; Infinity for who does not care. */
  take(now: number): number {
    const waitMs = this.#bucket.take(now, this.#rate);
    this.#refused = waitMs === 0 ? 0 : this.#refused + 1;
    return this.#refused > 10 * this.#rate.perSecond ? Infinity : waitMs;
  }
}
