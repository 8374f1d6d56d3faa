/** Connections of HTTP clients, which end with the server as long as they are not upgraded */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { OpenConnection, OpenConnections } from '#core';

/** Ends at once when nothing is being answered, else with the answer, or when the server has no more patience. */
class HttpConnection implements OpenConnection {
  readonly #socket: Duplex;
  #isAnswering = false;
  #isEnding = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  asked(): void {
    this.#isAnswering = true;
  }

  answered(): void {
    this.#isAnswering = false;
    if (this.#isEnding) this.abort();
  }

  shutdown(): void {
    this.#isEnding = true;
    if (!this.#isAnswering) this.abort();
  }

  abort(): void {
    this.#socket.destroy();
  }
}

export class HttpConnections {
  readonly #all: OpenConnections;
  readonly #bySocket = new Map<Duplex, HttpConnection>();
  /** One function for all sockets. */
  readonly #onClose: (this: Duplex) => void;

  constructor(all: OpenConnections) {
    this.#all = all;
    const left = (socket: Duplex) => this.left(socket);
    this.#onClose = function () {
      left(this);
    };
  }

  opened(socket: Duplex): void {
    const connection = new HttpConnection(socket);
    this.#bySocket.set(socket, connection);
    this.#all.add(connection);
    socket.once('close', this.#onClose);
  }

  asked({ socket }: IncomingMessage, response: ServerResponse): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    connection.asked();
    response.once('close', () => connection.answered());
  }

  /** Closed, or upgraded and somebody else's. */
  left(socket: Duplex): void {
    const connection = this.#bySocket.get(socket);
    if (connection === undefined) return;
    this.#bySocket.delete(socket);
    this.#all.delete(connection);
    socket.off('close', this.#onClose);
  }
}
