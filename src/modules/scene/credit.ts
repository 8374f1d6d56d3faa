/** docs/protocol/scene.md §8: how often a member may speak and act */
import { StanzaError } from '#core';
import type { Service } from './config.ts';
import type { Member } from './scene.ts';

/** A message or an action is one of those a member has in store, which grow with time. @throws StanzaError policy-violation */
export function takeCredit({ host }: Service, { credit }: Member): void {
  const perSecond = host.config.messages_per_second;
  if (perSecond === 0 || credit.take(host.clock.now(), { perSecond, size: 2 * perSecond }) === 0) return;
  throw new StanzaError('policy-violation', `at most ${perSecond} messages per second`, { type: 'wait' });
}
