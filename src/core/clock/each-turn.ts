/** Work that comes all at once is done a little in each turn of the event loop, so that nobody else has to wait for all of it. */
export class EachTurn<T> {
  readonly #most: number;
  readonly #take: (item: T) => void;
  readonly #waiting: T[] = [];

  /** @param most in one turn */
  constructor(most: number, take: (item: T) => void) {
    this.#most = most;
    this.#take = take;
  }

  /** It is taken in a later turn, after those added before. */
  add(item: T): void {
    if (this.#waiting.push(item) === 1) setImmediate(this.#turn);
  }

  /** Those that wait, which nobody takes any more. */
  end(): T[] {
    return this.#waiting.splice(0);
  }

  readonly #turn = (): void => {
    const now = this.#waiting.splice(0, this.#most);
    if (this.#waiting.length > 0) setImmediate(this.#turn);
    for (const item of now) this.#take(item);
  };
}
