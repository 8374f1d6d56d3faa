/** RFC 6121 §3.1.3 rule 4: requests wait in the roster until the user answers them */
import { type ClientSession, type Host, type Presence, parseStored, presence, shapeStanza } from '#core';
import type { Roster } from '#modules/roster';

export interface PendingLimits {
  /** Requests that wait at the same time for one user. */
  readonly max_requests: number;
  /** Bytes kept of one. */
  readonly max_request_bytes: number;
}

/** The request as it is stored; without its content when that is too much (§3.1.3, Security Warning). */
export function record(request: Presence, limits: PendingLimits): string {
  const text = request.toString();
  return Buffer.byteLength(text) > limits.max_request_bytes ? request.withChildren([]).toString() : text;
}

/** Every new available resource hears of all requests. */
export function deliverPending(session: ClientSession, roster: Roster): void {
  for (const { jid, request } of roster.requests()) {
    if (request === undefined) continue;
    session.deliver(shapeStanza(parseStored(request), { from: jid, to: session.user }));
  }
}

/** §3.1.2: asks remote contacts who never answered once more: the request may have been lost on the way. */
export function repeatRequests(host: Host, session: ClientSession, roster: Roster): void {
  for (const { jid, ask } of roster.listed()) {
    if (!ask || jid.domain === host.domain.domain) continue;
    void host.route(presence({ type: 'subscribe', from: session.user, to: jid }));
  }
}
