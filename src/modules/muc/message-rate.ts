/** How fast an occupant may speak, or do what is told to others */
import { StanzaError } from '#core';
import type { Service } from './config.ts';
import type { Occupant } from './room.ts';

/** What he sends is one of those stanzas he has in store, which grow with time. @throws StanzaError policy-violation */
export function takeCredit({ host }: Service, { credit }: Occupant): void {
  const perSecond = host.config.messages_per_second;
  if (perSecond === 0) return;
  const now = host.clock.now();
  const grown = credit.messages + ((now - credit.at) * perSecond) / 1_000;
  credit.messages = Math.min(2 * perSecond, grown);
  credit.at = now;
  if (credit.messages < 1) {
    throw new StanzaError('policy-violation', `at most ${perSecond} stanzas per second`, { type: 'wait' });
  }
  credit.messages -= 1;
}
