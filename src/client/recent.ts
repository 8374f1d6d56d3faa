/** The last so many of what was added: what comes a second time is known */
export class Recent {
  readonly #values = new Set<string>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Whether it was not there. */
  add(value: string): boolean {
    if (this.#values.has(value)) return false;
    this.#values.add(value);
    const [oldest] = this.#values;
    if (this.#values.size > this.#limit && oldest !== undefined) this.#values.delete(oldest);
    return true;
  }
}
