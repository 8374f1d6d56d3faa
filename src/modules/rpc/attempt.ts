/** One call of one instance, which ends in time whatever the instance does */
import { type Clock, type RpcAnswer, RpcFault, type RpcRequest } from '#core';
import type { Place } from './places.ts';

/** No answer in time. */
export class Late extends Error {
  override readonly name = 'Late';
  /** Whether it had as long as services are given. */
  readonly isFullTime: boolean;

  constructor(ms: number, isFullTime: boolean) {
    super(`no answer in ${ms} ms`);
    this.isFullTime = isFullTime;
  }
}

export interface Terms {
  readonly clock: Clock;
  /** Whether the time is that which services are given, so that one who misses it does not work. */
  readonly isFullTime: boolean;
  /** @throws RpcFault */
  check(answer: RpcAnswer): void;
}

/** @throws RpcFault, Late; anything else is a bug of the backend */
export async function attempt(place: Place, request: Omit<RpcRequest, 'signal'>, terms: Terms): Promise<RpcAnswer> {
  const limit = new AbortController();
  place.enter();
  let outcome: Parameters<Place['leave']>[0] = 'unknown';
  let stop = (): void => {};
  const late = new Promise<never>((_, reject) => {
    stop = terms.clock.after(request.timeoutMs, () => {
      if (terms.isFullTime) outcome = 'failed';
      reject(new Late(request.timeoutMs, terms.isFullTime));
      limit.abort();
    });
  });
  try {
    const answer = await Promise.race([place.instance.call({ ...request, signal: limit.signal }), late]);
    outcome = 'alive';
    if (!request.oneWay) terms.check(answer);
    return answer;
  } catch (error) {
    if (error instanceof RpcFault && error.kind === 'unavailable') outcome = 'failed';
    throw error;
  } finally {
    stop();
    place.leave(outcome);
  }
}
