/** Leaves an instance alone that fails again and again, and then lets one call find out how it is */
import type { Clock } from '#core';

export interface BreakerRules {
  /** Failures in a row. */
  readonly failures: number;
  readonly restMs: number;
}

export class Breaker {
  readonly #clock: Clock;
  readonly #rules: BreakerRules;
  #failures = 0;
  #restsUntil = 0;
  #isTried = false;

  constructor(clock: Clock, rules: BreakerRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  get state(): 'closed' | 'open' | 'half-open' {
    if (this.#failures < this.#rules.failures) return 'closed';
    return this.#clock.now() < this.#restsUntil ? 'open' : 'half-open';
  }

  /** Whether a call may go there now. */
  get admits(): boolean {
    const { state } = this;
    return state === 'closed' || (state === 'half-open' && !this.#isTried);
  }

  /** A call goes there. */
  entered(): void {
    this.#isTried = this.state === 'half-open';
  }

  /** @param outcome unknown: the call says nothing of the instance */
  left(outcome: 'alive' | 'failed' | 'unknown'): void {
    this.#isTried = false;
    if (outcome === 'alive') this.#failures = 0;
    if (outcome !== 'failed') return;
    this.#failures++;
    this.#restsUntil = this.#clock.now() + this.#rules.restMs;
  }
}
