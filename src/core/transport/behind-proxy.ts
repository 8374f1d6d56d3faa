/** Connections that begin with a PROXY header (proxy-protocol.txt §2), from configured proxies and from nobody else */
import type { Socket } from 'node:net';
import type { Deadline, Wheel } from '../clock/index.ts';
import type { Logger } from '../log/index.ts';
import { clientAddress, setClientAddress } from './client-address.ts';
import type { Networks } from './networks.ts';
import type { OpenConnection, OpenConnections } from './open-connections.ts';
import { ProxyHeaderError, readProxyHeader } from './proxy-header.ts';

/** §2: time for a lost packet to be sent again. */
const HEADER_MS = 5_000;

export interface ProxyEnvironment {
  readonly wheel: Wheel;
  readonly connections: OpenConnections;
  readonly log: Logger;
}

/**
 * Reads the header of a new connection, and drops one that has none: whether there is one is never guessed.
 *
 * @param accepted gets the socket paused, with what came after the header still to be read; clientAddress tells who it is
 */
export function acceptBehindProxy(
  socket: Socket,
  proxies: Networks,
  environment: ProxyEnvironment,
  accepted: () => void,
): void {
  if (proxies.has(clientAddress(socket))) new Greeting(socket, environment, accepted);
  else {
    environment.log.info({ peer: clientAddress(socket) }, 'not a proxy: connection refused');
    socket.destroy();
  }
}

class Greeting implements Deadline, OpenConnection {
  readonly #socket: Socket;
  readonly #environment: ProxyEnvironment;
  readonly #accepted: () => void;
  #bytes = Buffer.alloc(0);

  constructor(socket: Socket, environment: ProxyEnvironment, accepted: () => void) {
    this.#socket = socket;
    this.#environment = environment;
    this.#accepted = accepted;
    environment.wheel.add(this, HEADER_MS);
    environment.connections.add(this);
    socket.on('data', this.#received).on('error', this.abort).on('close', this.#end);
  }

  due(): number {
    this.#refuse('it did not come in time');
    return 0;
  }

  shutdown(): void {
    this.#socket.destroy();
  }

  readonly abort = (): void => {
    this.#socket.destroy();
  };

  readonly #received = (bytes: Buffer): void => {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    try {
      const header = readProxyHeader(this.#bytes);
      if (header !== undefined) this.#accept(header.length, header.source);
    } catch (error) {
      if (!(error instanceof ProxyHeaderError)) throw error;
      this.#refuse(error.message);
    }
  };

  #accept(length: number, source: string | undefined): void {
    const socket = this.#socket;
    this.#end();
    socket.pause();
    if (source !== undefined) setClientAddress(socket, source);
    if (this.#bytes.length > length) socket.unshift(this.#bytes.subarray(length));
    this.#accepted();
  }

  #refuse(reason: string): void {
    this.#environment.log.info({ peer: clientAddress(this.#socket), reason }, 'PROXY header refused');
    this.#socket.destroy();
  }

  readonly #end = (): void => {
    this.#socket.off('data', this.#received).off('error', this.abort).off('close', this.#end);
    this.#environment.wheel.remove(this);
    this.#environment.connections.delete(this);
  };
}
