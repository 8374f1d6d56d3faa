/** XEP-0186: Invisible Command */
import { type Awaitable, type ClientSession, type Host, type Iq, presence, StanzaError, whenDone } from '#core';
import { gatherPresence, type Probing } from './probe.ts';

const NS_INVISIBLE = 'urn:xmpp:invisible:1';

export function answerInvisible(host: Host, probing: Probing): void {
  host.feature(NS_INVISIBLE); // §4
  host.iq('set', 'invisible', NS_INVISIBLE, 'self', (iq) => hide(sessionOf(host, iq), iq));
  // §3.2: as before the initial presence
  host.iq('set', 'visible', NS_INVISIBLE, 'self', (iq) => {
    const session = sessionOf(host, iq);
    session.invisible = false;
  });

  /** §3.1: its contacts see it go. The client may have them asked where they are. */
  function hide(session: ClientSession, { payload }: Iq): Awaitable<void> {
    const wasAvailable = session.available;
    session.invisible = true;
    session.presence = undefined;
    const gone = presence({ type: 'unavailable', from: session.jid });
    const told = wasAvailable ? host.notify('session:unavailable', { session, presence: gone }) : undefined;
    if (!/^(?:1|true)$/.test(payload?.attrs.probe ?? '')) return told;
    return whenDone(told, () =>
      whenDone(probing.rosters.get(session.user), (contacts) => gatherPresence(probing, session, contacts)),
    );
  }
}

function sessionOf(host: Host, { from }: Iq): ClientSession {
  const session = from && host.session(from);
  if (session === undefined) throw new StanzaError('not-allowed', 'only a client can be invisible');
  return session;
}
