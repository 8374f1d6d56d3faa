/** RFC 6120 §8.2.3, RFC 6121 §8: who answers an IQ request */
import type { Awaitable } from '../awaitable.ts';
import type { Jid } from '../jid/index.ts';
import type { Iq } from '../stanza/index.ts';
import type { Element } from '../xml/index.ts';

/**
 * What an IQ can be addressed to: the virtual host itself; an account, by anybody (no `to` means the sender's own); an
 * account, by its owner only; a stream that has not authenticated yet.
 *
 * An answer at target account is asked about accounts that do not exist as well, and must give a stranger the same in
 * both cases, or addresses can be harvested (RFC 6120 §13.11).
 */
export type Target = 'host' | 'account' | 'self' | 'stream';

export interface IqContext {
  readonly target: Target;
  /** Bare JID of the account addressed; undefined for targets host and stream. */
  readonly user: Jid | undefined;
  /** IP address of the sender of a request on target stream; undefined otherwise. */
  readonly address: string | undefined;
}

/** The payload of the result, or nothing for an empty result; throws StanzaError to refuse. */
export type IqAnswer = (iq: Iq, context: IqContext) => Awaitable<Element | undefined | void>;

export class IqTable {
  readonly #answers = new Map<string, IqAnswer>();
  readonly #slow = new WeakSet<IqAnswer>();

  /** @throws Error for a second answer to the same request: two modules are in each other's way. */
  add(type: 'get' | 'set', name: string, ns: string, at: Target, answer: IqAnswer): () => void {
    const key = keyOf(type, name, ns, at);
    if (this.#answers.has(key)) throw new Error(`iq ${type} <${name} xmlns='${ns}'/> at ${at} has an answer already`);
    this.#answers.set(key, answer);
    return () => this.#answers.delete(key);
  }

  /** The same for an answer that may take seconds: what comes after the request does not wait for it. */
  addSlow(...entry: Parameters<IqTable['add']>): () => void {
    const remove = this.add(...entry);
    this.#slow.add(entry[4]);
    return remove;
  }

  isSlow(answer: IqAnswer): boolean {
    return this.#slow.has(answer);
  }

  find(iq: Iq, at: Target): IqAnswer | undefined {
    const { payload } = iq;
    return payload && this.#answers.get(keyOf(iq.type, payload.name, payload.ns, at));
  }
}

function keyOf(type: string, name: string, ns: string, at: Target): string {
  return `${at} ${type} ${name} ${ns}`;
}
