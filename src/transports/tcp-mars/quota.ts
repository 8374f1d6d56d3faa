/** How many requests of a connection are looked at */
export class Quota {
  readonly #perSecond: number;
  #free: number;
  #countedAt: number;
  #refused = 0;

  /** @param perSecond in the long run; after quiet seconds twice as many at once */
  constructor(perSecond: number, now: number) {
    this.#perSecond = perSecond;
    this.#free = 2 * perSecond;
    this.#countedAt = now;
  }

  /** 0: go on; else the ms after which one more is looked at; Infinity for who does not care. */
  take(now: number): number {
    const earned = ((now - this.#countedAt) * this.#perSecond) / 1_000;
    this.#free = Math.min(2 * this.#perSecond, this.#free + earned);
    this.#countedAt = now;
    if (this.#free >= 1) {
      this.#free -= 1;
      this.#refused = 0;
      return 0;
    }
    this.#refused += 1;
    if (this.#refused > 10 * this.#perSecond) return Infinity;
    return Math.ceil(((1 - this.#free) * 1_000) / this.#perSecond);
  }
}
