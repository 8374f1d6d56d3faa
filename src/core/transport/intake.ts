/** Connections that come all at once are taken up a few in each turn of the event loop, so that who is there already need not wait */
import type { Socket } from 'node:net';

const MOST_IN_A_TURN = 20;

/** For the sockets of a server with `pauseOnConnect`: none is read before its turn has come. */
export class Intake {
  readonly #begin: (socket: Socket) => void;
  readonly #waiting: Socket[] = [];

  constructor(begin: (socket: Socket) => void) {
    this.#begin = begin;
  }

  add(socket: Socket): void {
    if (this.#waiting.push(socket) === 1) setImmediate(this.#take);
  }

  /** Nobody who waits is taken up any more. */
  end(): void {
    for (const socket of this.#waiting.splice(0)) socket.destroy();
  }

  readonly #take = (): void => {
    for (const socket of this.#waiting.slice(0, MOST_IN_A_TURN)) {
      socket.resume();
      this.#begin(socket);
    }
    this.#waiting.splice(0, MOST_IN_A_TURN);
    if (this.#waiting.length > 0) setImmediate(this.#take);
  };
}
