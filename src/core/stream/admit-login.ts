/** RFC 6120 §4.9.3.18: when more log in than can be let in */
import { SaslError } from '../auth/index.ts';
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { VirtualHost } from '../host/index.ts';
import { NS_SESSIONS } from '../session/index.ts';
import { type Element, ns } from '../xml/index.ts';
import type { Negotiation } from './negotiation.ts';
import { StreamError } from './stream-error.ts';

const NS_FAST = 'urn:xmpp:fast:0';
const sessions = ns(NS_SESSIONS);

/**
 * Lets a login begin, or has it wait for its turn.
 *
 * @param element with which it begins: it tells who comes back to a session (XEP-0388 §2.1) or with a token (XEP-0484 §3.4)
 * @throws StreamError resource-constraint, with the seconds after which to try again; SaslError aborted: nobody is there any more
 */
export function admitLogin(element: Element, negotiation: Negotiation, host: VirtualHost): Awaitable<void> {
  const isReturning = element.child('fast', NS_FAST) !== undefined || resumes(element, host);
  return whenDone(
    negotiation.environment.logins.admit(isReturning ? 'returning' : 'new', () => negotiation.isOver),
    (seconds) => {
      if (negotiation.isOver) throw new SaslError('aborted');
      if (seconds > 0) throw tryLater(seconds);
    },
  );
}

function resumes(element: Element, host: VirtualHost): boolean {
  for (const { offer, request, isKnown } of host.inline.resumes.values()) {
    const asked = element.child(request, offer.ns);
    if (asked !== undefined && isKnown(asked)) return true;
  }
  return false;
}

function tryLater(seconds: number): StreamError {
  const application = sessions('try-later', { seconds: String(seconds) });
  return new StreamError('resource-constraint', `too many log in at once, try again in ${seconds} s`, { application });
}
