/** RFC 6120 §7: resource binding */
import { randomBytes } from 'node:crypto';
import type { Limits } from '../config/index.ts';
import type { VirtualHost } from '../host/index.ts';
import { type Jid, JidError } from '../jid/index.ts';
import { ClientSession, type Connection } from '../session/index.ts';
import { type Iq, StanzaError } from '../stanza/index.ts';
import { type Element, NS_BIND, ns } from '../xml/index.ts';
import { StreamError } from './stream-error.ts';

const bind = ns(NS_BIND);

/**
 * Makes the session a bind request asks for. A resource that is taken is settled by the host's policy (§7.7.2.2): the
 * older session ends with `conflict`, or the newer one is refused, or gets a resource made by the server.
 *
 * @throws StanzaError bad-request (§7.7.2.1), conflict (§7.7.2.2), resource-constraint (§7.6.2.1)
 */
export function bindResource(
  host: VirtualHost,
  user: Jid,
  request: Iq,
  connection: Connection,
  limits: Limits,
  lang: string | undefined,
): { session: ClientSession; result: Element } {
  const jid = settled(host, fullJid(user, request));
  if (host.sessions.of(user).length >= limits.sessions_per_account) {
    throw new StanzaError('resource-constraint', `an account has at most ${limits.sessions_per_account} sessions`);
  }
  const session = new ClientSession(host, jid, connection, { lang });
  return { session, result: request.result(bind('bind', {}, bind('jid', {}, session.jid.toString()))) };
}

function fullJid(user: Jid, request: Iq): Jid {
  if (request.type !== 'set') throw new StanzaError('bad-request');
  const resource = request.payload?.childText('resource', NS_BIND) ?? '';
  try {
    return user.withResource(resource === '' ? generated() : resource);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('bad-request', error.message);
    throw error;
  }
}

function settled(host: VirtualHost, jid: Jid): Jid {
  const present = host.sessions.get(jid);
  if (present === undefined) return jid;
  switch (host.resourceConflict) {
    case 'replace':
      present.close(new StreamError('conflict', 'another connection uses this resource now'));
      return jid;
    case 'refuse':
      throw new StanzaError('conflict');
    case 'rename':
      return jid.bare().withResource(generated());
  }
}

/** Not guessable, so that nobody can address a resource that was not told about (§13.8.2). */
function generated(): string {
  return randomBytes(9).toString('base64url');
}
