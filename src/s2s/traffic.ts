/** What passed between us and other domains, counted for each of as many domains as may be told apart */
import type { StanzaCondition } from '#core';
import type { ConnectStep } from './connect-error.ts';

export class Traffic {
  /** Stanzas; those that were sent again count again. */
  sent = 0;
  received = 0;
  readonly bounces = new Map<StanzaCondition, number>();
  readonly failures = new Map<ConnectStep, number>();

  bounced(condition: StanzaCondition): void {
    this.bounces.set(condition, (this.bounces.get(condition) ?? 0) + 1);
  }

  failed(step: ConnectStep): void {
    this.failures.set(step, (this.failures.get(step) ?? 0) + 1);
  }
}

/** No domain has this name, which is not in the form of one. */
const OTHERS = '(other)';

/**
 * The first domains there is a stream with have a name of their own until the server ends, so that their counters never go
 * back; all others are one, whatever domains users think up.
 */
export class TrafficByDomain {
  readonly #limit: () => number;
  readonly #others = new Traffic();
  readonly #own = new Map<string, Traffic>();

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** There is a stream with it, and either side has proved who it is. */
  reached(domain: string): void {
    if (!this.#own.has(domain) && this.#own.size < this.#limit()) this.#own.set(domain, new Traffic());
  }

  of(domain: string): Traffic {
    return this.#own.get(domain) ?? this.#others;
  }

  /** What a domain is called in metrics. */
  nameOf(domain: string): string {
    return this.#own.has(domain) ? domain : OTHERS;
  }

  /** By these names. */
  *[Symbol.iterator](): IterableIterator<readonly [string, Traffic]> {
    yield* this.#own;
    yield [OTHERS, this.#others];
  }
}
