/** RFC 6121 §4.3: presence probes */
import { type Awaitable, type ClientSession, type Host, type Jid, type Presence, presence, whenDone } from '#core';
import { isSubscriber, type Roster, type RosterApi } from '#modules/roster';
import { showResources } from './current.ts';
import type { DirectedPresence } from './directed.ts';
import type { ProbeBatches } from './probe-batch.ts';

export interface Probing {
  readonly host: Host;
  readonly rosters: RosterApi;
  readonly directed: DirectedPresence;
  readonly batches: ProbeBatches;
}

/** §4.3.1: for a resource that has just become available, asks all it is subscribed to. */
export function gatherPresence(probing: Probing, session: ClientSession, roster: Roster): void {
  const { host, rosters, batches } = probing;
  const { user } = session;
  const others = host.sessions(user).filter((other) => other !== session && other.available);
  // The user's other resources have what they need already.
  const to = others.length === 0 ? user : session.jid;
  for (const other of others) if (other.presence) void host.route(other.presence.with({ to }));
  for (const { jid } of roster.subscriptions()) {
    if (jid.domain !== host.domain.domain) {
      batches.send({ from: user, to: jid });
    } else if (host.sessions(jid).some(({ available }) => available)) {
      // §4.3.1: what the server has itself it need not ask for.
      void whenDone(rosters.get(jid), (theirs) => {
        if (isSubscriber(theirs.get(user))) showResources(host, jid, to);
        else deny(host, jid, user);
      });
    } else {
      // §4.3.2 rule 3. The user's own roster is believed: the contact's would be read from storage for nothing more.
      void host.route(presence({ type: 'unavailable', from: jid, to }));
    }
  }
}

/** §4.3.2: answers a probe that arrived for an account. */
export function answerProbe(probing: Probing, probe: Presence, from: Jid, to: Jid): Awaitable<void> {
  const { host, rosters, directed } = probing;
  const [asker, contact] = [from.bare(), to.bare()];
  return whenDone(rosters.get(contact), (roster) => {
    const mayKnow = asker.equals(contact) || isSubscriber(roster.get(asker));
    const session = host.session(to);
    if (!to.isBare && (mayKnow || (session !== undefined && directed.wasTold(session, from)))) {
      // Mere availability; a resource known by directed presence need not be available to all (§4.6.6).
      const isThere = session !== undefined && (session.available || directed.wasTold(session, from));
      const type = isThere ? undefined : 'unavailable';
      return void host.route(presence({ type, id: isThere ? undefined : probe.id, from: to, to: from }));
    }
    if (!mayKnow) return deny(host, contact, from, probe.id);
    if (host.sessions(contact).some(({ available }) => available)) return showResources(host, contact, from);
    return void host.route(presence({ type: 'unavailable', id: probe.id, from: contact, to: from }));
  });
}

/** Rule 1; an account that does not exist answers alike. */
function deny(host: Host, contact: Jid, to: Jid, id?: string): void {
  void host.route(presence({ type: 'unsubscribed', id, from: contact, to }));
}
