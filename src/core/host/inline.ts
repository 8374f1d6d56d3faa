/** XEP-0388 §2.1, XEP-0386 §3: what modules let a client negotiate within its login */
import type { Awaitable } from '../awaitable.ts';
import type { Jid } from '../jid/index.ts';
import type { ClientSession, Connection } from '../session/index.ts';
import type { Element } from '../xml/index.ts';

/**
 * Takes part in a login by Bind 2. `request` is the first child of <bind/> in the namespace of the feature, undefined when the
 * client asked for nothing. What it returns becomes a child of <bound/>. The session can be addressed already, but nothing is
 * delivered to it before <bound/> is written.
 */
export type InlineBind = (session: ClientSession, request: Element | undefined) => Awaitable<Element | undefined>;

/** What became of the wish to go on with an earlier session; `answer` becomes a child of <success/>. */
export type Resumption =
  /** `replay` is called when <success/> is written, and the link belongs to the session. */
  | { readonly answer: Element; readonly session: ClientSession; replay(): void }
  /** Refused: the login goes on to bind a resource. */
  | { readonly answer: Element; readonly session?: undefined; readonly replay?: undefined };

export interface InlineResume {
  /** As it stands in the stream features, under <inline/>. */
  readonly offer: Element;
  /** The child of <authenticate/> that asks for it, in the namespace of the offer. */
  readonly request: string;
  /** The answer to it before login, and to any other element of the namespace on a stream that has no session yet. */
  readonly premature: Element;
  /** Whether there is such a session, whosever it is: a login that goes on with one need not wait for its turn. */
  isKnown(request: Element): boolean;
  /**
   * Runs when the user is authenticated.
   *
   * @param connection what the session would be bound to from now on
   * @throws StreamError what the stream is to end with
   */
  resume(user: Jid, request: Element, connection: Connection): Awaitable<Resumption>;
}

/** Both kinds, by namespace, in the order of registration. */
export class InlineTable {
  readonly binds = new Map<string, InlineBind>();
  readonly resumes = new Map<string, InlineResume>();

  /** @throws Error when the namespace has one */
  addBind(ns: string, take: InlineBind): () => void {
    return addTo(this.binds, ns, take);
  }

  /** @throws Error when the namespace of the offer has one */
  addResume(inline: InlineResume): () => void {
    return addTo(this.resumes, inline.offer.ns, inline);
  }
}

function addTo<T>(map: Map<string, T>, ns: string, entry: T): () => void {
  if (map.has(ns)) throw new Error(`${ns} is offered inline already`);
  map.set(ns, entry);
  return () => void map.delete(ns);
}
