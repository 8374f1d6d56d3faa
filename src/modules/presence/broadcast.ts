/** RFC 6121 §4.2, §4.4, §4.5: a resource tells its subscribers, and the user's other resources, of itself */
import type { ClientSession, Host, Jid, Presence } from '#core';
import type { DirectedPresence } from './directed.ts';

/** To all with a subscription from or both, and to the user's own available resources. */
export function broadcast(host: Host, session: ClientSession, subscribers: readonly Jid[], presence: Presence): void {
  for (const to of subscribers) {
    // A local contact without a session has nobody to hear it, and nothing of a broadcast is kept.
    if (to.domain === host.domain.domain && host.sessions(to).length === 0) continue;
    void host.route(presence.with({ to }));
  }
  void host.route(presence.with({ to: session.user }));
}

/** §4.5.2, §4.6.3: as above, and to whom the resource was shown by directed presence. */
export function broadcastUnavailable(
  host: Host,
  session: ClientSession,
  subscribers: readonly Jid[],
  presence: Presence,
  directed: DirectedPresence,
): void {
  broadcast(host, session, subscribers, presence);
  const told = new Set(subscribers.map(String));
  for (const to of directed.take(session)) if (!told.has(to.bare().toString())) void host.route(presence.with({ to }));
  // Not available any more, so the broadcast to the user's own resources left it out.
  session.deliver(presence.with({ to: session.jid }));
}
