/** XEP-0198 between servers: what was sent and is not acknowledged, and how much was handled, whatever the connection */
import { type Element, NS_STANZAS, ns, type Stanza, type StanzaCondition, Unacknowledged } from '#core';

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

/** A stanza on its way, and when it was given to us (ms since 1970). */
export interface Sent {
  readonly stanza: Stanza;
  readonly at: number;
}

/** Outlives the connection when it has an id. */
export class StreamManagement {
  #id: string | undefined;
  readonly #unacknowledged = new Unacknowledged();
  #handled = 0;
  /** When the peer was asked and has not answered; 0: it is not asked. */
  #askedAt = 0;

  constructor(id: string | undefined) {
    this.#id = id;
  }

  /** What the stream can be resumed by (§5). */
  get id(): string | undefined {
    return this.#id;
  }

  /** The peer has agreed: what it sent before that, it does not count. */
  enabled(id: string | undefined): void {
    this.#id = id;
    this.#handled = 0;
  }

  /** How many stanzas of the peer were taken, modulo 2^32; all but the one that is being worked off are done. */
  get handled(): number {
    return this.#handled;
  }

  get askedAt(): number {
    return this.#askedAt;
  }

  get waiting(): { readonly stanzas: number; readonly bytes: number } {
    return { stanzas: this.#unacknowledged.length, bytes: this.#unacknowledged.size };
  }

  took(): void {
    this.#handled = (this.#handled + 1) >>> 0;
  }

  /** True when the peer is to be asked how far it is. */
  sent({ stanza, at }: Sent, now: number): boolean {
    this.#unacknowledged.add({ stanza, at, shared: undefined });
    return this.#ask(now);
  }

  /** `again`: the peer is to be asked once more. */
  acknowledge(number: number, now: number): 'done' | 'again' | 'stale' | 'unsent' {
    const outcome = this.#unacknowledged.acknowledge(number);
    if (outcome !== 'done') return outcome;
    this.#askedAt = 0;
    return this.#unacknowledged.length > 0 && this.#ask(now) ? 'again' : 'done';
  }

  /** The peer has been silent: true when it is to be asked. */
  probe(now: number): boolean {
    return this.#ask(now);
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

  get sentCount(): number {
    return this.#unacknowledged.sent;
  }

  #ask(now: number): boolean {
    if (this.#askedAt !== 0) return false;
    this.#askedAt = now;
    return true;
  }
}
