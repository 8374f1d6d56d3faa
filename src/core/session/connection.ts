import type { Stanza } from '../stanza/index.ts';
import type { StreamError } from '../stream/stream-error.ts';
import type { Element } from '../xml/index.ts';

/** Who is at the other end of a connection. */
export interface Peer {
  /** IP address, without a port. */
  readonly address: string;
  /** The name of the transport it came by, such as `tcp`. */
  readonly transport: string;
}

/** What a session needs of the link it is bound to, whatever its wire format. */
export interface Connection {
  readonly peer: Peer;
  /** Whether the link is encrypted. */
  readonly secure: boolean;
  /**
   * Queues a stanza; it leaves with the others of this turn of the event loop. A link whose queue is over its limit ends itself.
   *
   * @returns `answer` when it went as the response to a request of the client, which is neither numbered nor acknowledged
   */
  write(stanza: Stanza): void | 'answer';
  /** Queues an element that is not a stanza, in order with the stanzas. A link whose wire format has none lacks this. */
  send?(nonza: Element): void;
  /** Resolves when what was written before has left this process: true; false when the link broke before. */
  drained(): Promise<boolean>;
  /** Stops and resumes reading: the session has not finished with what it was given. */
  pause(): void;
  resume(): void;
  /** Closes the stream, after the error when there is one, and flushes what is queued. */
  close(error?: StreamError): void;
}

/** In place of the link that a detached session has lost. */
export class NoConnection implements Connection {
  readonly peer: Peer;
  readonly secure: boolean;

  constructor({ peer, secure }: Connection) {
    this.peer = peer;
    this.secure = secure;
  }

  write(): void {}
  async drained(): Promise<boolean> {
    return false;
  }
  pause(): void {}
  resume(): void {}
  close(): void {}
}
