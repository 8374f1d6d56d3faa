/** RFC 6120 §7: resource binding */
import { randomBytes } from 'node:crypto';
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { Limits } from '../config/index.ts';
import type { VirtualHost } from '../host/index.ts';
import { type Jid, JidError } from '../jid/index.ts';
import { ClientSession, type Connection, makeRoom, NS_SESSIONS, type SessionOrigin } from '../session/index.ts';
import { type Iq, StanzaError } from '../stanza/index.ts';
import { type Element, NS_BIND, ns } from '../xml/index.ts';
import type { Negotiation } from './negotiation.ts';
import { refuseRequest, requestIn } from './request.ts';
import { StreamError } from './stream-error.ts';

const bind = ns(NS_BIND);

/** The stream feature. */
export const bindFeature = bind('bind');

/** Answers a bind request of an authenticated user: the link becomes that of a session, or stays. */
export function bindResource(
  element: Element,
  host: VirtualHost,
  user: Jid,
  negotiation: Negotiation,
): Awaitable<void> {
  const request = requestIn(element, {}, negotiation);
  if (request === undefined) return;
  return whenDone(host.accounts.get(user.local), (account) => {
    if (negotiation.isOver) return;
    // Whoever deletes or disables an account ends its sessions; this one was none yet.
    if (account === undefined || account.disabled) return negotiation.fail(new StreamError('not-authorized'));
    const { lang, userAgent } = negotiation;
    try {
      const session = openSession(host, wanted(user, request), negotiation, { lang, userAgent });
      negotiation.handOver(session);
      negotiation.link.send(request.result(bind('bind', {}, bind('jid', {}, session.jid.toString()))));
      host.sessionBound(session);
    } catch (error) {
      refuseRequest(request, error, negotiation);
    }
  });
}

/** Why another session of the same account has taken the place, or keeps it. */
const sameResource = ns(NS_SESSIONS)('same-resource');

/**
 * Makes the session of a full JID. A resource that is taken is settled by the host's policy (§7.7.2.2): the older session ends
 * with `conflict`, or the newer one is refused, or gets a resource made by the server. Who gives way where there are as many
 * as there may be is the session policy's matter.
 *
 * @throws StanzaError conflict (§7.7.2.2), resource-constraint (§7.6.2.1)
 */
export function openSession(
  host: VirtualHost,
  wanted: Jid,
  { link, environment: { limits } }: { readonly link: Connection; readonly environment: { readonly limits: Limits } },
  origin: SessionOrigin,
): ClientSession {
  const { jid, replaced } = settled(host, wanted);
  const others = host.sessions.of(jid.bare()).filter((session) => session !== replaced);
  const traits = { resource: jid.resource, transport: link.peer.transport, software: origin.userAgent?.software };
  const displaced = makeRoom(others, traits, host.sessionPolicy, limits.sessions_per_account);
  const text = 'another connection uses this resource now';
  replaced?.close(new StreamError('conflict', text, { application: sameResource }));
  for (const { session, error } of displaced) session.close(error);
  return new ClientSession(host, jid, link, origin);
}

/** @throws StanzaError bad-request (§7.7.2.1) */
function wanted(user: Jid, request: Iq): Jid {
  if (request.type !== 'set') throw new StanzaError('bad-request');
  const resource = request.payload?.childText('resource', NS_BIND) ?? '';
  try {
    return user.withResource(resource === '' ? randomResource() : resource);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('bad-request', error.message);
    throw error;
  }
}

function settled(host: VirtualHost, jid: Jid): { readonly jid: Jid; readonly replaced?: ClientSession } {
  const replaced = host.sessions.get(jid);
  if (replaced === undefined) return { jid };
  switch (host.resourceConflict) {
    case 'replace':
      return { jid, replaced };
    case 'refuse':
      throw new StanzaError('conflict', 'another connection uses this resource', { application: sameResource });
    case 'rename':
      return { jid: jid.bare().withResource(randomResource()) };
  }
}

/** Not guessable, so that nobody can address a resource that was not told about (§13.8.2). */
export function randomResource(): string {
  return randomBytes(9).toString('base64url');
}
