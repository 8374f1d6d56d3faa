/** How much may be done in a second, and at most at once: what was done comes back with time. */
export interface Rate {
  readonly perSecond: number;
  /** How many tokens there are at first, and never more. */
  readonly size: number;
}

/** A token bucket. The rate may be another each time. */
export class TokenBucket {
  #left = Number.POSITIVE_INFINITY;
  #countedAt = 0;

  /**
   * Takes a token, if there is one.
   *
   * @param now in milliseconds, as all times here
   * @returns 0, or the time until there will be one
   */
  take(now: number, rate: Rate): number {
    this.#fill(now, rate);
    const missing = 1 - this.#left;
    if (missing > 0) return Math.ceil((missing * 1_000) / rate.perSecond);
    this.#left -= 1;
    return 0;
  }

  /** Takes tokens, also those that will be there later. @returns the time until nothing is owed any more */
  owe(count: number, now: number, rate: Rate): number {
    this.#fill(now, rate);
    this.#left -= count;
    return Math.max(0, Math.ceil((-this.#left * 1_000) / rate.perSecond));
  }

  #fill(now: number, { perSecond, size }: Rate): void {
    // A clock that is set back takes nothing away.
    const passed = Math.max(0, now - this.#countedAt);
    this.#left = Math.min(size, this.#left + (passed / 1_000) * perSecond);
    this.#countedAt = now;
  }
}
