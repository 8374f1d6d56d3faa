/** What a client has seen so far, and who waits for more of it */
import { isDeepStrictEqual } from 'node:util';
import { PATIENCE_MS, type Sight } from './client.ts';

interface Watch {
  readonly sight: Sight;
  readonly done: () => void;
}

export class Sightings {
  readonly #unclaimed: Sight[] = [];
  readonly #watches = new Set<Watch>();
  readonly #history: Sight[] = [];

  note(sight: Sight): void {
    this.#history.push(sight);
    for (const watch of this.#watches) {
      if (!isDeepStrictEqual(watch.sight, sight)) continue;
      this.#watches.delete(watch);
      watch.done();
      return;
    }
    this.#unclaimed.push(sight);
  }

  sees(sight: Sight): Promise<void> {
    const at = this.#unclaimed.findIndex((seen) => isDeepStrictEqual(seen, sight));
    if (at >= 0) {
      this.#unclaimed.splice(at, 1);
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#watches.delete(watch);
        reject(new Error(`waited for ${JSON.stringify(sight)}; seen so far:\n${this}`));
      }, PATIENCE_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const watch: Watch = { sight, done };
      this.#watches.add(watch);
    });
  }

  /** Whether it was seen and not claimed. */
  has(sight: Sight): boolean {
    return this.#unclaimed.some((seen) => isDeepStrictEqual(seen, sight));
  }

  toString(): string {
    return this.#history.map((sight) => JSON.stringify(sight)).join('\n');
  }
}
