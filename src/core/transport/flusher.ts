/** Something with output waiting. */
export interface Flushable {
  flush(): void;
}

/**
 * Writes once per turn of the event loop: what many stanzas of one turn queued for a socket leaves in one write, after
 * all sockets that were readable in this turn have been read.
 */
export class Flusher {
  #dirty: Flushable[] = [];
  readonly #run = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const one of dirty) one.flush();
  };

  /** `one` has output; it is not added again before its flush. */
  add(one: Flushable): void {
    if (this.#dirty.length === 0) setImmediate(this.#run);
    this.#dirty.push(one);
  }
}
