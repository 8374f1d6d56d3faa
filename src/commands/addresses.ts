import { type ClientSession, Jid, JidError, type Router, StanzaError, type VirtualHost } from '#core';

/** @throws StanzaError jid-malformed */
export function parseJid(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', `${text} is not a JID: ${error.message}`);
    throw error;
  }
}

/** @throws StanzaError item-not-found when the server does not serve the domain */
export function hostOf(router: Router, domain: string): VirtualHost {
  const host = router.usersHost(domain);
  if (host !== undefined) return host;
  const served = [...router.hosts]
    .flatMap(({ isService, domain: own }) => (isService ? [] : own.toString()))
    .join(', ');
  throw new StanzaError('item-not-found', `${domain} is not served here; the hosts are: ${served}`);
}

/** The JID of an account, with the host it is on. @throws StanzaError jid-malformed, item-not-found */
export function accountOf(router: Router, text: string): { readonly host: VirtualHost; readonly jid: Jid } {
  const jid = parseJid(text);
  if (jid.local === '' || !jid.isBare) {
    throw new StanzaError('jid-malformed', `${text} is not the bare JID of an account, such as alice@localhost`);
  }
  return { host: hostOf(router, jid.domain), jid };
}

/** One session by its full JID, or all of an account. @throws StanzaError jid-malformed, item-not-found */
export function sessionsAt(router: Router, text: string): readonly ClientSession[] {
  const jid = parseJid(text);
  const { sessions } = hostOf(router, jid.domain);
  const full = jid.isBare ? undefined : sessions.get(jid);
  const found = jid.isBare ? sessions.of(jid) : full === undefined ? [] : [full];
  if (found.length === 0) throw new StanzaError('item-not-found', `${jid} has no session`);
  return found;
}
