/** XEP-0198 between servers: what was sent and is not acknowledged, and how much was handled, whatever the connection */
import { type Element, NS_STANZAS, ns, type StanzaCondition, StreamError, Unacknowledged } from '#core';
import type { Sent } from './stanza-queue.ts';

export const NS_SM = 'urn:xmpp:sm:3';
export const sm = ns(NS_SM);
const conditions = ns(NS_STANZAS);

export const smFeature = sm('sm'); // §2
export const askForAck = sm('r'); // §4

/** §6. @param handled of a stream that is over, where that is known (§5) */
export function failed(condition: StanzaCondition, handled?: number): Element {
  return sm('failed', { h: handled?.toString() }, conditions(condition));
}

/** The attribute h, a number modulo 2^32 (§4); undefined when it is not there or none. */
export function count({ attrs: { h } }: Element): number | undefined {
  return h !== undefined && /^\d{1,10}$/.test(h) && Number(h) < 2 ** 32 ? Number(h) : undefined;
}

/** Numbers are modulo 2^32 (§4). */
export class StreamManagement {
  /** What the stream can be resumed by (§5); undefined when it cannot. */
  readonly id: string | undefined;
  readonly #unacknowledged = new Unacknowledged();
  #handled = 0;
  /** When the peer was asked and has not answered; 0: it is not asked. */
  #askedAt = 0;

  constructor(id: string | undefined) {
    this.id = id;
  }

  /** How many stanzas of the peer were taken; all but the one that is being worked off are done. */
  get handled(): number {
    return this.#handled;
  }

  get askedAt(): number {
    return this.#askedAt;
  }

  /** How many stanzas of ours the peer has not acknowledged. */
  get owed(): number {
    return this.#unacknowledged.length;
  }

  get owedBytes(): number {
    return this.#unacknowledged.size;
  }

  took(): void {
    this.#handled = (this.#handled + 1) >>> 0;
  }

  /** True when the peer is to be asked how far it is. */
  sent(sent: Sent, now: number): boolean {
    this.#unacknowledged.add({ ...sent, shared: undefined });
    return this.ask(now);
  }

  /** False when it is asked already. */
  ask(now: number): boolean {
    if (this.#askedAt !== 0) return false;
    this.#askedAt = now;
    return true;
  }

  /** The peer has handled so many. `stale` and `unsent` change nothing: it has said more before, or that many were not sent. */
  acknowledge(number: number): 'done' | 'stale' | 'unsent' {
    const outcome = this.#unacknowledged.acknowledge(number);
    if (outcome === 'done') this.#askedAt = 0;
    return outcome;
  }

  /** There is another connection: what is to be written to it. */
  replay(now: number): readonly Sent[] {
    this.#askedAt = this.#unacknowledged.length > 0 ? now : 0;
    return [...this.#unacknowledged];
  }

  /** Everything that is not acknowledged, which is nobody's any more. */
  take(): readonly Sent[] {
    const all = [...this.#unacknowledged];
    this.#unacknowledged.acknowledge(this.#unacknowledged.sent);
    return all;
  }

  /** §6. */
  countTooHigh(handled: number): StreamError {
    const { sent } = this.#unacknowledged;
    const application = sm('handled-count-too-high', { h: String(handled), 'send-count': String(sent) });
    return new StreamError('undefined-condition', `${handled} acknowledged, ${sent} sent`, { application });
  }
}
