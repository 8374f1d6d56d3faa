/** RFC 6120 §8.2.3: requests of the server itself, waiting for their answers */
import type { Clock } from '../clock/index.ts';
import type { Jid } from '../jid/index.ts';
import { type Iq, iq, StanzaError } from '../stanza/index.ts';
import type { Element } from '../xml/index.ts';

/** Answers that do not come within this time count as remote-server-timeout. */
const PATIENCE_MS = 30_000;

interface Waiting {
  readonly to: Jid;
  readonly resolve: (payload: Element | undefined) => void;
  readonly reject: (error: StanzaError) => void;
  readonly cancel: () => void;
}

export class Replies {
  readonly #from: Jid;
  readonly #clock: Clock;
  readonly #send: (request: Iq) => void;
  readonly #waiting = new Map<string, Waiting>();
  #last = 0;

  constructor(from: Jid, clock: Clock, send: (request: Iq) => void) {
    this.#from = from;
    this.#clock = clock;
    this.#send = send;
  }

  /** @throws StanzaError what the peer answered, or remote-server-timeout after 30 s. */
  request(to: Jid, type: 'get' | 'set', payload: Element): Promise<Element | undefined> {
    const id = `s${++this.#last}`;
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(PATIENCE_MS, () => {
        this.#waiting.delete(id);
        reject(new StanzaError('remote-server-timeout'));
      });
      this.#waiting.set(id, { to, resolve, reject, cancel });
      this.#send(iq({ type, id, to, from: this.#from }, payload));
    });
  }

  /** Takes a result or error; one nobody waits for, or from somebody else than was asked, is ignored. */
  settle(reply: Iq): void {
    const waiting = this.#waiting.get(reply.id ?? '');
    if (waiting === undefined || !waiting.to.equals(reply.from)) return;
    this.#waiting.delete(reply.id ?? '');
    waiting.cancel();
    if (reply.type === 'result') waiting.resolve(reply.payload);
    else waiting.reject(StanzaError.from(reply));
  }
}
