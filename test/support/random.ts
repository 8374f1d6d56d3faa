/** Random numbers that can be had again: what they were is in the seed. */
export class Random {
  #state: number;

  /** @param seed an integer; shown by tests that fail */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to below `end`. */
  below(end: number): number {
    // A linear congruential generator; the high bits are the good ones.
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * end);
  }

  pick<T>(things: readonly T[]): T {
    return things[this.below(things.length)] as T;
  }
}
