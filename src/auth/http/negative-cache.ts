import type { Clock } from '#core';

const CAPACITY = 10_000;

/** Remembers for a short time what was answered by no. Above its capacity the oldest answers go. */
export class NegativeCache {
  readonly #clock: Clock;
  readonly #ms: number;
  /** When each answer is forgotten, oldest first. */
  readonly #until = new Map<string, number>();

  /** @param ms 0: remembers nothing */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  async ask(question: string, answer: () => Promise<boolean>): Promise<boolean> {
    if ((this.#until.get(question) ?? 0) > this.#clock.now()) return false;
    const isYes = await answer();
    if (!isYes && this.#ms > 0) this.#remember(question);
    return isYes;
  }

  #remember(question: string): void {
    this.#until.delete(question);
    this.#until.set(question, this.#clock.now() + this.#ms);
    const [oldest] = this.#until.keys();
    if (this.#until.size > CAPACITY && oldest !== undefined) this.#until.delete(oldest);
  }
}
