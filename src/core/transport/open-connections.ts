import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EachTurn } from '../clock/index.ts';

/** A connection as the server sees it when it shuts down. */
export interface OpenConnection {
  /** Ends the session and closes with system-shutdown (RFC 6120 §4.9.3.20). */
  shutdown(): void;
  /** Drops the socket as it is. */
  abort(): void;
}

const CLOSED_IN_A_TURN = 5;

/** Every open connection of every transport. However many end at once, only a few do in each turn of the event loop. */
export class OpenConnections {
  readonly #open = new Set<OpenConnection>();
  readonly #left = new EachTurn<Duplex>(CLOSED_IN_A_TURN, (socket) => socket.end());
  /** One function for all sockets. */
  readonly #onEnd: (this: Duplex) => void;
  #onEmpty: (() => void) | undefined;

  constructor() {
    const left = this.#left;
    this.#onEnd = function () {
      left.add(this);
    };
  }

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

  /** When its peer has ended the socket, our side of it ends too, in its turn; whoever would end it at once does not. */
  endWithPeer(socket: Duplex): void {
    socket.allowHalfOpen = true;
    // To remove all at once would make a hash table of the socket's listeners, of 400 bytes.
    for (const other of socket.listeners('end')) socket.off('end', other as () => void);
    socket.on('end', this.#onEnd);
  }

  /**
   * Closes them all; resolves when the peers have closed too, or when there is no more patience, and what was left was dropped.
   *
   * @param patience called when all peers were told
   */
  async shutdown(patience: () => Promise<void>): Promise<void> {
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    let told = 0;
    for (const connection of this.#open) {
      connection.shutdown();
      if (++told % CLOSED_IN_A_TURN === 0) await nextTurn();
    }
    if (this.#open.size > 0) await Promise.race([empty, patience()]);
    for (const connection of [...this.#open]) connection.abort();
  }
}
