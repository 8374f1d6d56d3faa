/** The instances of a backend, and which of them gets the next call */
import type { Clock, RpcBackend, RpcInstance } from '#core';
import { Breaker, type BreakerRules } from './breaker.ts';

export class Place {
  readonly instance: RpcInstance;
  readonly breaker: Breaker;
  underWay = 0;
  calls = 0;
  failures = 0;

  constructor(instance: RpcInstance, breaker: Breaker) {
    this.instance = instance;
    this.breaker = breaker;
  }

  enter(): void {
    this.breaker.entered();
    this.underWay++;
    this.calls++;
  }

  leave(outcome: Parameters<Breaker['left']>[0]): void {
    this.underWay--;
    if (outcome === 'failed') this.failures++;
    this.breaker.left(outcome);
  }
}

export class Places {
  readonly all: readonly Place[];
  #next = 0;

  constructor({ instances }: RpcBackend, clock: Clock, rules: BreakerRules) {
    this.all = instances.map((instance) => new Place(instance, new Breaker(clock, rules)));
  }

  /** The one with the fewest calls under way, in turn where several have as few. @param not if there is another */
  choose(not?: Place): Place | undefined {
    const { all } = this;
    let best: Place | undefined;
    for (let at = 0; at < all.length; at++) {
      const place = all[(this.#next + at) % all.length] as Place;
      if (place === not || !place.breaker.admits) continue;
      if (best === undefined || place.underWay < best.underWay) best = place;
    }
    this.#next = (this.#next + 1) % all.length;
    return best ?? (not?.breaker.admits ? not : undefined);
  }
}
