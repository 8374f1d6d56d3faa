/** A bounded map that forgets what was not asked for lately, in constant time per call. */

/**
 * Two generations of `capacity / 2` entries: when the young one is full it becomes the old one, and what the old one
 * still held is dropped at once. An entry found in the old generation moves to the young one.
 */
export class GenerationCache<V> {
  readonly #limit: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(capacity: number) {
    this.#limit = capacity / 2;
  }

  get(key: string): V | undefined {
    const recent = this.#young.get(key);
    if (recent !== undefined) return recent;
    const found = this.#old.get(key);
    if (found !== undefined) this.set(key, found);
    return found;
  }

  set(key: string, value: V): void {
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
