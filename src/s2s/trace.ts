/** What happened while a stream to another server was opened, step by step, in words for an administrator */
import type { Clock } from '#core';

export interface TraceStep {
  /** Milliseconds since the attempt began. */
  readonly ms: number;
  readonly text: string;
}

export class Trace {
  readonly steps: TraceStep[] = [];
  readonly #clock: Clock;
  readonly #startedAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAt = clock.now();
  }

  note(text: string): void {
    this.steps.push({ ms: this.#clock.now() - this.#startedAt, text });
  }
}
