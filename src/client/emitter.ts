/** Typed events, for callbacks and for `for await` */

type Listener<Args extends readonly unknown[]> = (...args: Args) => void;

/** Events that an iterator holds for a reader who is slower. */
const MAX_WAITING = 1_000;

/** @template Events names, with the arguments of their listeners */
export class Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>();
  readonly #endings = new Set<(error?: Error) => void>();
  #end: { readonly error: Error | undefined } | undefined;

  /** Returns what removes the listener again. */
  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** The arguments of each event from now on. Ends with the client; throws when it ended by an error, or is too slow. */
  each<Name extends keyof Events>(name: Name): AsyncGenerator<Events[Name], void> {
    const waiting: Events[Name][] = [];
    let wake = (): void => {};
    let end = this.#end;
    const finish = (error?: Error): void => {
      end ??= { error };
      off();
      this.#endings.delete(finish);
      wake();
    };
    const off = this.on(name, (...args) => {
      if (waiting.length === MAX_WAITING) return finish(new Error(`more than ${MAX_WAITING} events were not read`));
      waiting.push(args);
      wake();
    });
    this.#endings.add(finish);

    async function* read(): AsyncGenerator<Events[Name], void> {
      try {
        for (;;) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else if (end !== undefined) break;
          else await new Promise<void>((done) => (wake = done));
        }
        if (end.error !== undefined) throw end.error;
      } finally {
        finish();
      }
    }
    return read();
  }

  protected emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as unknown as Listener<Events[Name]>)(...args);
      } catch (error) {
        // A mistake in the program around: it is told where such are told, and the client goes on.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** No more events: iterators end. */
  protected endEvents(error?: Error): void {
    this.#end ??= { error };
    for (const finish of this.#endings) finish(error);
  }
}
