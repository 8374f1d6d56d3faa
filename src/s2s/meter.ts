/** RFC 6120 §13.12, rule 6: how fast one domain may send */
import { type Clock, TokenBucket } from '#core';

/** Over how long the rate is an average. */
const BURST_SECONDS = 10;

interface Pausable {
  pause(): void;
  resume(): void;
}

/** A bucket of bytes: who takes more than there is waits until nothing is owed. */
export class Meter {
  readonly #clock: Clock;
  readonly #rate: () => number;
  readonly #bucket = new TokenBucket();

  /** @param rate in bytes per second, read each time */
  constructor(clock: Clock, rate: () => number) {
    this.#clock = clock;
    this.#rate = rate;
  }

  /** Counts what was read from a link, and has it wait when that is too much. */
  took(bytes: number, link: Pausable): void {
    const perSecond = this.#rate();
    const waitMs = this.#bucket.owe(bytes, this.#clock.now(), { perSecond, size: perSecond * BURST_SECONDS });
    if (waitMs === 0) return;
    link.pause();
    this.#clock.after(waitMs, () => link.resume());
  }
}
