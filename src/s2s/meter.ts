/** RFC 6120 §13.12, rule 6: how fast one domain may send */
import type { Clock } from '#core';

/** Over how long the rate is an average. */
const BURST_SECONDS = 10;

interface Pausable {
  pause(): void;
  resume(): void;
}

/** A bucket of bytes that fills at the rate; who takes more than there is waits until it has filled up to zero. */
export class Meter {
  readonly #clock: Clock;
  readonly #rate: () => number;
  #left: number;
  #at: number;

  /** @param rate in bytes per second, read each time */
  constructor(clock: Clock, rate: () => number) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate() * BURST_SECONDS;
    this.#at = clock.now();
  }

  /** Counts what was read from a link, and has it wait when that is too much. */
  took(bytes: number, link: Pausable): void {
    const now = this.#clock.now();
    const rate = this.#rate();
    this.#left = Math.min(rate * BURST_SECONDS, this.#left + ((now - this.#at) / 1000) * rate);
    this.#at = now;
    this.#left -= bytes;
    if (this.#left >= 0) return;
    link.pause();
    this.#clock.after(Math.ceil((-this.#left / rate) * 1000), () => link.resume());
  }
}
