/** How long to wait before the next attempt: longer each time, and not all clients at once */
import type { Clock } from './clock.ts';

export interface BackOffOptions {
  /** Before the second attempt. */
  readonly minMs: number;
  readonly maxMs: number;
}

export class BackOff {
  readonly #options: BackOffOptions;
  readonly #clock: Clock;
  #failures = 0;

  constructor(options: BackOffOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @param leastMs what the server asked for */
  next(leastMs = 0): number {
    const { minMs, maxMs } = this.#options;
    const most = Math.min(maxMs, minMs * 2 ** Math.min(this.#failures++, 30));
    // At least half of it, so that a server that refuses at once has some rest.
    return leastMs + most * (0.5 + this.#clock.random() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
