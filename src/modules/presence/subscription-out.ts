/** RFC 6121 §3.1.2, §3.1.5, §3.2.2, §3.3.2, §3.4.2: subscription stanzas a client sends */
import type { Awaitable, ClientSession, Host, Presence } from '#core';
import type { RosterApi, RosterItem } from '#modules/roster';
import { hideResources, showResources } from './current.ts';
import { access, inState, outbound, type SubscriptionType, stateOf, type Transition } from './subscription-state.ts';

/** @throws StanzaError resource-constraint when the roster is full. */
export async function sendSubscription(
  host: Host,
  rosters: RosterApi,
  session: ClientSession,
  sent: Presence,
): Promise<void> {
  const { user } = session;
  // §3.1.2 rule 1: a full JID is as good as the bare one.
  const contact = sent.to?.bare();
  // §4.2.2: everybody is subscribed to oneself.
  if (contact === undefined || contact.equals(user)) return;
  const type = sent.type as SubscriptionType;
  const stamped = sent.with({ from: user, to: contact });
  let transition: Transition = { passes: false };
  let routed: Awaitable<void> | undefined;
  const done = await rosters.update(
    user,
    contact,
    (item) => {
      transition = outbound(type, stateOf(item));
      const next = transition.next === undefined ? item : inState(item, transition.next);
      return withApproval(next, type, transition);
    },
    (update) => {
      if (access(update) === 'ends') hideResources(host, user, contact);
      if (transition.passes) routed = host.route(stamped);
    },
  );
  // What the contact is told comes in this order (§3.1.5), so the first must have arrived.
  await routed;
  if (access(done) === 'begins') showResources(host, user, contact);
}

/** §3.4.2 rules 3 and 4; a cancellation ends a pre-approval in whatever state (§3.2.2 rule 2). */
function withApproval(item: RosterItem, type: SubscriptionType, { approves }: Transition): RosterItem {
  if (approves && !item.approved) return { ...item, approved: true, listed: true };
  if (type === 'unsubscribed' && item.approved) return { ...item, approved: false };
  return item;
}
