/** Who sees whom. It is mutual: one distance decides for both, and has decided for both before. */

/** Of a pair, in the list of each of the two: the other one, and the tick at which this one was told of him last. */
const WIDTH = 2;

export class Pairs {
  readonly #lists: Int32Array[] = [];
  readonly #counts: number[] = [];

  /** Begins a list for a slot, which sees nobody. */
  open(slot: number): void {
    this.#lists[slot] ??= new Int32Array(8 * WIDTH);
    this.#counts[slot] = 0;
  }

  count(slot: number): number {
    return this.#counts[slot] as number;
  }

  /** Pairs of numbers: `list[2 * at]` is whom it sees, `list[2 * at + 1]` the tick. Grows by `connect`. */
  list(slot: number): Int32Array {
    return this.#lists[slot] as Int32Array;
  }

  connect(a: number, b: number, tick: number): void {
    this.#add(a, b, tick);
    this.#add(b, a, tick);
  }

  /** @param at where b is in the list of a; what is last there takes its place */
  disconnect(a: number, b: number, at: number): void {
    this.#removeAt(a, at);
    const list = this.list(b);
    const count = this.count(b);
    for (let i = 0; i < count; i++) if (list[WIDTH * i] === a) return this.#removeAt(b, i);
  }

  #add(slot: number, other: number, tick: number): void {
    const count = this.count(slot);
    let list = this.list(slot);
    if (WIDTH * count === list.length) {
      const longer = new Int32Array(2 * list.length);
      longer.set(list);
      this.#lists[slot] = longer;
      list = longer;
    }
    list[WIDTH * count] = other;
    list[WIDTH * count + 1] = tick;
    this.#counts[slot] = count + 1;
  }

  #removeAt(slot: number, at: number): void {
    const list = this.list(slot);
    const last = this.count(slot) - 1;
    list[WIDTH * at] = list[WIDTH * last] as number;
    list[WIDTH * at + 1] = list[WIDTH * last + 1] as number;
    this.#counts[slot] = last;
  }
}
