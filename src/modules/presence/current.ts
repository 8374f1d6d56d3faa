/** RFC 6121 §3.1.5, §3.2.2, §3.3.3: a contact gets to see the user's resources, or sees them no longer */
import { type Host, type Jid, presence } from '#core';

/** The current presence of each available resource of `user`, to `to`. */
export function showResources(host: Host, user: Jid, to: Jid): void {
  for (const session of host.sessions(user)) if (session.presence) void host.route(session.presence.with({ to }));
}

/** Unavailable presence of each available resource of `user`, to `to`. */
export function hideResources(host: Host, user: Jid, to: Jid): void {
  for (const session of host.sessions(user)) {
    if (session.available) void host.route(presence({ type: 'unavailable', from: session.jid, to }));
  }
}
