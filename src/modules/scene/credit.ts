/** docs/protocol/scene.md §8: how often a member may speak and act */
import { StanzaError } from '#core';
import type { Service } from './config.ts';
import type { Member } from './scene.ts';

/** A message or an action is one of those a member has in store, which grow with time. @throws StanzaError policy-violation */
export function takeCredit({ host }: Service, { credit }: Member): void {
  const perSecond = host.config.messages_per_second;
  if (perSecond === 0) return;
  const now = host.clock.now();
  const grown = credit.messages + ((now - credit.at) * perSecond) / 1_000;
  credit.messages = Math.min(2 * perSecond, grown);
  credit.at = now;
  if (credit.messages < 1) {
    throw new StanzaError('policy-violation', `at most ${perSecond} messages per second`, { type: 'wait' });
  }
  credit.messages -= 1;
}
