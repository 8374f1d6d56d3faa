/** XEP-0386: Bind 2, a session and what it wants to use in one step */
import { createHmac } from 'node:crypto';
import { SaslError } from '../auth/index.ts';
import type { VirtualHost } from '../host/index.ts';
import { type Jid, JidError } from '../jid/index.ts';
import type { ClientSession, UserAgent } from '../session/index.ts';
import { StanzaError } from '../stanza/index.ts';
import { type Element, ns } from '../xml/index.ts';
import { openSession, randomResource } from './binding.ts';
import type { Negotiation } from './negotiation.ts';
import { StreamError } from './stream-error.ts';

export const NS_BIND2 = 'urn:xmpp:bind:0';
const bind = ns(NS_BIND2);

const IDENTIFIER_BYTES = 9;

/** §3.1: a child of SASL2's <inline/>. */
export function bind2Offer({ inline }: VirtualHost): Element {
  const features = [...inline.binds.keys()].map((name) => bind('feature', { var: name }));
  return bind('bind', {}, features.length === 0 ? undefined : bind('inline', {}, features));
}

export interface Bound {
  readonly session: ClientSession;
  /** The child of <success/>. */
  readonly element: Element;
  /** To be called when that is written: deliveries to the session have waited for it. */
  release(): void;
}

/**
 * §3.2: binds a resource and turns on what the request has. The user is authenticated, and does not know it yet.
 *
 * @throws SaslError malformed-request (the tag is none), temporary-auth-failure (no session can be had now)
 */
export async function bind2(
  request: Element,
  user: Jid,
  userAgent: UserAgent | undefined,
  host: VirtualHost,
  negotiation: Negotiation,
): Promise<Bound> {
  const jid = wanted(user, request.childText('tag') ?? '', userAgent);
  endEarlierSessions(host, user, userAgent);
  const session = open(host, jid, userAgent, negotiation);
  let release = (): void => {};
  session.hold(
    new Promise((resolve) => {
      release = resolve;
    }),
  );
  host.sessionBound(session);
  try {
    return { session, element: bind('bound', {}, await turnOn(request, session)), release };
  } catch (error) {
    // The client would never know of it, nor would the session of the end of its link.
    session.close(new StreamError('internal-server-error'));
    release();
    throw error;
  }
}

async function turnOn(request: Element, session: ClientSession): Promise<(Element | undefined)[]> {
  const answers: (Element | undefined)[] = [];
  for (const [name, take] of session.host.inline.binds) {
    // What is turned on for a session that is over is never turned off.
    if (session.ended) break;
    answers.push(await take(session, request.childNs(name)));
  }
  return answers;
}

/**
 * §3.2.1: the tag, and what is the same whenever this client binds with it. Without an id of the client it is random. It differs
 * between accounts, so that nobody sees that two of them are used by one client.
 */
function wanted(user: Jid, tag: string, userAgent: UserAgent | undefined): Jid {
  const identifier =
    userAgent?.id === undefined
      ? randomResource()
      : createHmac('sha256', userAgent.id)
          .update(`${user} ${tag}`)
          .digest()
          .subarray(0, IDENTIFIER_BYTES)
          .toString('base64url');
  try {
    return user.withResource(tag === '' ? identifier : `${tag}/${identifier}`);
  } catch (error) {
    if (error instanceof JidError) throw new SaslError('malformed-request', error.message, { cause: error });
    throw error;
  }
}

/** §3.2: it is the same client, so they are over. */
function endEarlierSessions(host: VirtualHost, user: Jid, userAgent: UserAgent | undefined): void {
  if (userAgent?.id === undefined) return;
  const error = new StreamError('conflict', 'this client has logged in again');
  for (const session of host.sessions.of(user)) if (session.userAgent?.id === userAgent.id) session.close(error);
}

function open(host: VirtualHost, jid: Jid, userAgent: UserAgent | undefined, negotiation: Negotiation): ClientSession {
  try {
    return openSession(host, jid, negotiation, { lang: negotiation.lang, userAgent, bind2: true });
  } catch (error) {
    if (error instanceof StanzaError) {
      const { text, application } = error;
      throw new SaslError('temporary-auth-failure', text, { application, cause: error });
    }
    throw error;
  }
}
