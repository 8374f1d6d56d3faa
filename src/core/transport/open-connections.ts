/** A connection as the server sees it when it shuts down. */
export interface OpenConnection {
  /** Ends the session and closes with system-shutdown (RFC 6120 §4.9.3.20). */
  shutdown(): void;
  /** Drops the socket as it is. */
  abort(): void;
}

/** Every open connection of every transport. */
export class OpenConnections {
  readonly #open = new Set<OpenConnection>();
  #onEmpty: (() => void) | undefined;

  get size(): number {
    return this.#open.size;
  }

  add(connection: OpenConnection): void {
    this.#open.add(connection);
  }

  /** False when it was not there (any more). */
  delete(connection: OpenConnection): boolean {
    const wasOpen = this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty?.();
    return wasOpen;
  }

  /** Closes them all; resolves when the peers have closed too, or `patience` has, and what is left was dropped. */
  async shutdown(patience: Promise<void>): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    for (const connection of [...this.#open]) connection.shutdown();
    if (this.#open.size > 0) await Promise.race([empty, patience]);
    for (const connection of [...this.#open]) connection.abort();
  }
}
