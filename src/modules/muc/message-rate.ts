/** How fast an occupant may speak, or do what is told to others */
import { StanzaError } from '#core';
import type { Service } from './config.ts';
import type { Occupant } from './room.ts';

/** What he sends is one of those stanzas he has in store, which grow with time. @throws StanzaError policy-violation */
export function takeCredit({ host }: Service, { credit }: Occupant): void {
  const perSecond = host.config.messages_per_second;
  if (perSecond === 0 || credit.take(host.clock.now(), { perSecond, size: 2 * perSecond }) === 0) return;
  throw new StanzaError('policy-violation', `at most ${perSecond} stanzas per second`, { type: 'wait' });
}
