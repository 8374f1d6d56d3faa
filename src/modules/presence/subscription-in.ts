/** RFC 6121 §3.1.3, §3.1.6, §3.2.3, §3.3.3: subscription stanzas that arrive for a user */
import { type Host, type Jid, type Presence, presence, StanzaError } from '#core';
import type { RosterApi } from '#modules/roster';
import { hideResources, showResources } from './current.ts';
import { type PendingLimits, record } from './pending.ts';
import { access, inbound, inState, type SubscriptionType, stateOf, type Transition } from './subscription-state.ts';

/** @throws StanzaError resource-constraint when too many wait for the user's approval already. */
export async function receiveSubscription(
  host: Host<PendingLimits>,
  rosters: RosterApi,
  arrived: Presence,
  from: Jid,
  to: Jid,
): Promise<void> {
  const [contact, user] = [from.bare(), to.bare()];
  // §8.5.1: for an account that does not exist, silence.
  if (contact.equals(user) || !(await host.accounts.exists(user.local))) return;
  const type = arrived.type as SubscriptionType;
  const stanza = arrived.with({ from: contact, to: user });
  let transition: Transition = { passes: false };
  const update = await rosters.update(
    user,
    contact,
    (item, roster) => {
      transition = inbound(type, stateOf(item), item.approved);
      if (transition.next === undefined) return item;
      const isRequest = type === 'subscribe' && transition.reply === undefined;
      if (isRequest && roster.requests().length >= host.config.max_requests) {
        throw new StanzaError('resource-constraint', 'too many subscription requests wait for an answer');
      }
      return inState(item, transition.next, isRequest ? record(stanza, host.config) : item.request);
    },
    () => {
      if (transition.passes) deliver(host, user, stanza);
    },
  );
  const change = access(update);
  if (change === 'ends') hideResources(host, user, contact);
  const { reply } = transition;
  if (reply !== undefined) await host.route(presence({ type: reply, id: stanza.id, from: user, to: contact }));
  if (change === 'begins') showResources(host, user, contact);
}

/** §2.2: requests go to available resources, what comes with a roster push to interested ones. */
function deliver(host: Host, user: Jid, stanza: Presence): void {
  for (const session of host.sessions(user)) {
    if (stanza.type === 'subscribe' ? session.reachable : session.interested) session.deliver(stanza);
  }
}
