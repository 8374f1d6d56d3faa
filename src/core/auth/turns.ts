/** Lets so many pieces of work run at once; the others wait in line. */
export class Turns {
  readonly #atOnce: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether work that comes now has to wait. */
  get areTaken(): boolean {
    return this.#running >= this.#atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.areTaken) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // The next in line takes over this place in the count.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
