/** How far a router is: with one number it acknowledges what all its users were sent */
import { StanzaError } from '#core';

/** A user who was sent something. */
export interface Recipient {
  /** How many stanzas were sent. */
  readonly pushed: number;
  /** So many of them have come. */
  acknowledged(pushed: number): void;
}

/** Who was sent something at one time, and how many stanzas until then. */
type Sending = readonly { readonly recipient: Recipient; readonly pushed: number }[];

/** Sendings are numbered from 1, modulo 2^32. */
export class Acknowledgements {
  readonly #ask: (number: number) => void;
  readonly #sendings: Sending[] = [];
  #acknowledged = 0;
  #isAsked = false;

  /** @param ask asks the router for the number it is at, when the latest is this */
  constructor(ask: (number: number) => void) {
    this.#ask = ask;
  }

  /** How many sendings are not acknowledged. */
  get waiting(): number {
    return this.#sendings.length;
  }

  sent(recipients: readonly Recipient[]): void {
    this.#sendings.push(recipients.map((recipient) => ({ recipient, pushed: recipient.pushed })));
    this.#askOnce();
  }

  /** The router has all up to this sending. @throws StanzaError bad-request: so many there were not */
  acknowledge(number: number): void {
    const count = (number - this.#acknowledged) >>> 0;
    if (count >= 2 ** 31) return; // it went past before
    if (count > this.#sendings.length) throw new StanzaError('bad-request', `${number} was not sent`);
    this.#acknowledged = number;
    for (const sending of this.#sendings.splice(0, count)) {
      for (const { recipient, pushed } of sending) recipient.acknowledged(pushed);
    }
    this.#isAsked = false;
    if (this.#sendings.length > 0) this.#askOnce();
  }

  #askOnce(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    this.#ask((this.#acknowledged + this.#sendings.length) >>> 0);
  }
}
