/**
 * Work that comes all at once is done a little in each turn of the event loop, so that nobody else has to wait for all of it. What
 * finds room in its turn is done at once.
 */
export class EachTurn<T> {
  readonly #most: number;
  readonly #take: (item: T) => void;
  readonly #waiting: T[] = [];
  #left: number;
  #isCounting = false;

  /** @param most in one turn: few where new connections may wait meanwhile, of which Node accepts one in each */
  constructor(most: number, take: (item: T) => void) {
    this.#most = most;
    this.#take = take;
    this.#left = most;
  }

  /** It is taken now or in a later turn, after those added before. */
  add(item: T): void {
    if (!this.#isCounting) this.#count();
    if (this.#left > 0 && this.#waiting.length === 0) {
      this.#left--;
      this.#take(item);
    } else this.#waiting.push(item);
  }

  /** Those that wait, which nobody takes any more. */
  end(): T[] {
    return this.#waiting.splice(0);
  }

  #count(): void {
    this.#isCounting = true;
    setImmediate(this.#turn);
  }

  readonly #turn = (): void => {
    const now = this.#waiting.splice(0, this.#most);
    this.#left = this.#most - now.length;
    if (now.length > 0) this.#count();
    else this.#isCounting = false;
    for (const item of now) this.#take(item);
  };
}
