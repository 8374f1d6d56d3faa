/** How many requests of a connection are looked at */
import { type Rate, TokenBucket } from '#core';

export class Quota {
  readonly #bucket = new TokenBucket();
  readonly #rate: Rate;
  #refused = 0;

  /** @param perSecond in the long run; after quiet seconds twice as many at once */
  constructor(perSecond: number) {
    this.#rate = { perSecond, size: 2 * perSecond };
  }

  /** 0: go on; else the ms after which one more is looked at; Infinity for who does not care. */
  take(now: number): number {
    const waitMs = this.#bucket.take(now, this.#rate);
    this.#refused = waitMs === 0 ? 0 : this.#refused + 1;
    return this.#refused > 10 * this.#rate.perSecond ? Infinity : waitMs;
  }
}
