/** RFC 6120 §8.1, §4.9.3: what becomes of one element that a client sent on its bound stream */
import { isPromise } from '../awaitable.ts';
import { Jid, JidError } from '../jid/index.ts';
import { isStanza, MisshapenStanza, type Stanza, StanzaError, shapeStanza } from '../stanza/index.ts';
import { StreamError } from '../stream/stream-error.ts';
import { type Element, NS_CLIENT } from '../xml/index.ts';
import type { ClientSession } from './client-session.ts';
import type { StanzaOutcome } from './outcome.ts';

/** Never throws and never rejects: what is wrong is answered, or ends the session. */
export function takeElement(
  session: ClientSession,
  element: Element,
  outcome: StanzaOutcome | undefined,
): void | Promise<void> {
  if (element.ns !== NS_CLIENT || !isStanza(element)) return takeNonza(session, element);
  session.management?.took();
  const given = element.attr('from');
  if (given !== undefined && !isOf(session, given)) {
    // RFC 6120 §8.1.2.1, §4.9.3.9
    return session.close(new StreamError('invalid-from', 'from is not the JID of this stream'));
  }
  try {
    const text = element.attr('to');
    const to = text === undefined ? undefined : Jid.parse(text);
    const stanza = shapeStanza(element, { to, from: session.jid }, session.lang);
    return session.host.router.sent(session, stanza, outcome);
  } catch (error) {
    refuse(session, element, error, outcome);
  }
}

function takeNonza(session: ClientSession, element: Element): void | Promise<void> {
  const take = session.host.nonzas.get(element.ns);
  // RFC 6120 §4.9.3.24
  if (take === undefined) {
    return session.close(new StreamError('unsupported-stanza-type', `unknown element ${element.name}`));
  }
  try {
    const done = take(session, element);
    if (isPromise(done)) return done.catch((error: unknown) => endFor(session, error));
  } catch (error) {
    endFor(session, error);
  }
}

function endFor(session: ClientSession, error: unknown): void {
  if (error instanceof StreamError) return session.close(error);
  session.host.log.error({ err: error, session: session.jid.toString() }, 'a nonza handler failed');
  session.close(new StreamError('internal-server-error'));
}

/** RFC 6120 §8.1.2.1: the full JID, or the bare JID of the account. */
function isOf({ jid, user }: ClientSession, from: string): boolean {
  const given = Jid.tryParse(from);
  return given !== undefined && (given.equals(jid) || given.equals(user));
}

function refuse({ host, jid }: ClientSession, element: Element, error: unknown, outcome?: StanzaOutcome): void {
  if (error instanceof MisshapenStanza) {
    if (outcome === undefined) host.router.refuse(error.stanza, error);
    else outcome.refused(error);
  } else if (error instanceof JidError) {
    const refusal = new StanzaError('jid-malformed', error.message);
    if (outcome !== undefined) return outcome.refused(refusal);
    // RFC 6120 §8.3.3.8: the reply cannot come from an address that does not exist; it comes from the account.
    const stanza = shapeLoosely(element, jid);
    if (stanza !== undefined) host.router.refuse(stanza, refusal);
  } else {
    host.log.error({ err: error, session: jid.toString() }, 'a stanza could not be worked off');
  }
}

function shapeLoosely(element: Element, from: Jid): Stanza | undefined {
  try {
    return shapeStanza(element, { from });
  } catch (error) {
    return error instanceof MisshapenStanza ? error.stanza : undefined;
  }
}
