/** RFC 6121 §2.5.2: what the contact is told when the user removes it from the roster, or the account is deleted */
import { type Host, type Jid, presence } from '#core';
import { isSubscriber, isSubscription, type RosterItem } from '#modules/roster';
import { hideResources } from './current.ts';

export async function cancelSubscriptions(host: Host, user: Jid, removed: RosterItem): Promise<void> {
  const addresses = { from: user, to: removed.jid };
  // A request without answer is taken back as well: its approval would find no item (§3.1.6).
  if (isSubscription(removed) || removed.ask) await host.route(presence({ type: 'unsubscribe', ...addresses }));
  if (isSubscriber(removed)) hideResources(host, user, removed.jid);
  if (isSubscriber(removed) || removed.request !== undefined) {
    await host.route(presence({ type: 'unsubscribed', ...addresses }));
  }
}
