import { type Awaitable, isPromise } from '../awaitable.ts';

/** Something with output waiting. */
export interface Flushable {
  flush(): void;
}

/**
 * Writes once per turn of the event loop: what many stanzas of one turn queued for a socket leaves in one write, after
 * all sockets that were readable in this turn have been read, and when what they made the server store is committed. So no
 * client has seen what a killed server does not know, such as a message by a number of an archive that is then given again.
 */
export class Flusher {
  #dirty: Flushable[] = [];
  readonly #commit: () => Awaitable<void>;
  readonly #run = (): void => {
    const done = this.#commit();
    if (isPromise(done)) done.then(this.#flush, this.#flush);
    else this.#flush();
  };
  readonly #flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const one of dirty) one.flush();
  };

  /** @param commit commits what is pending; what happens when it cannot is not the concern of who writes */
  constructor(commit: () => Awaitable<void>) {
    this.#commit = commit;
  }

  /** `one` has output; it is not added again before its flush. */
  add(one: Flushable): void {
    if (this.#dirty.length === 0) setImmediate(this.#run);
    this.#dirty.push(one);
  }
}
