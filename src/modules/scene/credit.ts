/** docs/protocol/scene.md §8: how often a member may speak and act, and how often move */
import { StanzaError, type TokenBucket } from '#core';
import type { Service } from './config.ts';
import type { Member } from './scene.ts';

/** A message or an action is one of those a member has in store, which grow with time. @throws StanzaError policy-violation */
export function takeCredit(service: Service, { credit }: Member): void {
  take(service, credit, service.host.config.messages_per_second, 'messages');
}

/** The same for movements: what a tick tells is the last, but each has to be looked at. @throws StanzaError policy-violation */
export function takeStep(service: Service, { steps }: Member): void {
  take(service, steps, service.host.config.moves_per_second, 'movements');
}

function take({ host }: Service, bucket: TokenBucket, perSecond: number, what: string): void {
  if (perSecond === 0 || bucket.take(host.clock.now(), { perSecond, size: 2 * perSecond }) === 0) return;
  throw new StanzaError('policy-violation', `at most ${perSecond} ${what} per second`, { type: 'wait' });
}
