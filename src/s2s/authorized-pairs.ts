/** RFC 6120 §8.1.1.2, §8.1.2.2, XEP-0220 §1: of which domains, and for which of ours, a stream may bring stanzas */
import { StreamError } from '#core';
import { domainWithin, keyOf, type Pair } from './pair.ts';

export class AuthorizedPairs {
  readonly #pairs = new Map<string, Pair>();

  get size(): number {
    return this.#pairs.size;
  }

  [Symbol.iterator](): IterableIterator<Pair> {
    return this.#pairs.values();
  }

  add(pair: Pair): void {
    this.#pairs.set(keyOf(pair), pair);
  }

  has(pair: Pair): boolean {
    return this.#pairs.has(keyOf(pair));
  }

  /** The pair a stanza is of, by its addresses; the error of the stream when it must not bring such stanzas. */
  pairOf(from: string | undefined, to: string | undefined): Pair | StreamError {
    if (this.size === 0) return new StreamError('not-authorized', 'no domain is proved on this stream');
    const [remote, local] = [domainWithin(from), domainWithin(to)];
    // §4.9.3.7
    if (remote === undefined || local === undefined) {
      return new StreamError('improper-addressing', 'a stanza between servers has addresses of both');
    }
    const pair = this.#pairs.get(keyOf({ local, remote }));
    if (pair !== undefined) return pair;
    const isProved = [...this].some((proved) => proved.remote === remote);
    if (!isProved) return new StreamError('invalid-from', 'from is not of a domain that is proved on this stream');
    return new StreamError('host-unknown', `this stream is not for ${local}`);
  }
}
