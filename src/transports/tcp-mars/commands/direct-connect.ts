/** 1068: a client asks another one to connect to it, past the server; between friends, or where both ask */
import { randomBytes } from 'node:crypto';
import {
  attributes,
  type ClientSession,
  Element,
  type Iq,
  Jid,
  NS_CLIENT,
  StanzaError,
  type StanzaOutcome,
} from '#core';
import type { DirectConnect } from '#protocol/mars';
import type { Place } from '../place.ts';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import { type EndpointDraft, type OfferDraft, OfferElement } from '../stanza-mapping/direct-offer.ts';
import { readRoster, rosterQuery } from '../stanza-mapping/roster.ts';

const MOST_ENDPOINTS = 10;
const SECRET_BYTES = 32;

export function directConnect(mars: MarsSession, request: Request): void {
  const { payload, to, id } = request.body;
  if (payload.case !== 'directConnect') throw new StanzaError('bad-request', 'direct_connect is missing');
  if (payload.value.endpoints.length > MOST_ENDPOINTS)
    throw new StanzaError('policy-violation', `at most ${MOST_ENDPOINTS} endpoints`);
  const other = Jid.tryParse(to);
  if (other === undefined || other.isBare) throw new StanzaError('jid-malformed', 'a client is named by its full JID');
  mars.ask(request, questionElement('get', { id, to: '' }, rosterQuery({})), (list) => {
    const agreed = agreedBy(mars, other, list);
    if (agreed !== undefined) return offer(mars, request, other, payload.value, agreed);
    mars.connection.listener.directWishes.add(mars.session, other, payload.value.endpoints);
    throw new StanzaError('subscription-required', 'you are no friends, and the other one has not asked for it yet');
  });
}

/** Where the other one said it can be reached, as far as it did; undefined when it may not want this. */
function agreedBy({ session }: MarsSession, other: Jid, { payload }: Iq): readonly EndpointDraft[] | undefined {
  const them = sessionOf(session, other);
  const wishes = (them?.connection as Partial<Place> | undefined)?.listener?.directWishes;
  const wished = them && wishes?.take(them, session.jid);
  const user = other.bare();
  const items = (payload && readRoster(payload)?.items) ?? [];
  const isFriend = items.some(({ jid, subscription }) => jid === user.toString() && subscription === 'both');
  return wished ?? (isFriend || user.equals(session.user) ? [] : undefined);
}

function sessionOf({ host }: ClientSession, jid: Jid): ClientSession | undefined {
  return host.router.host(jid.domain)?.sessions.get(jid);
}

/** How the server sees a client. It sees only the router of those who are behind one. */
function observed(session: ClientSession | undefined): EndpointDraft[] {
  return session === undefined || session.contacts !== undefined ? [] : [{ host: session.connection.peer.address }];
}

function offer(
  { session }: MarsSession,
  request: Request,
  other: Jid,
  { endpoints, app }: DirectConnect,
  theirs: readonly EndpointDraft[],
): void {
  const { id } = request.body;
  const shared = { offerId: randomBytes(12).toString('base64url'), secret: randomBytes(SECRET_BYTES) };
  const element = new OfferElement({ ...shared, endpoints: [...endpoints, ...observed(session)], app });
  const attrs = attributes({ to: other.toString(), id: id === '' ? undefined : id });
  const told = { ...shared, endpoints: [...theirs, ...observed(sessionOf(session, other))] };
  session.receive(new Element('message', NS_CLIENT, attrs, [element]), new Offered(request, told));
}

/** The other client has it. */
class Offered implements StanzaOutcome {
  readonly #request: Request;
  readonly #offer: OfferDraft;

  constructor(request: Request, told: OfferDraft) {
    this.#request = request;
    this.#offer = told;
  }

  copied(): void {}

  taken(): void {
    this.#request.answer({ payload: { case: 'directOffer', value: this.#offer } });
  }

  refused(error: StanzaError): void {
    this.#request.refuse(error);
  }
}
