/** 1068: a client asks another one to connect to it, past the server */
import { randomBytes } from 'node:crypto';
import { attributes, Element, Jid, NS_CLIENT, StanzaError, type StanzaOutcome } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { offerElement } from '../stanza-mapping/direct-offer.ts';

const MOST_ENDPOINTS = 10;
const SECRET_BYTES = 32;

export function directConnect(mars: MarsSession, request: Request): void {
  const { payload, to, id } = request.body;
  if (payload.case !== 'directConnect') throw new StanzaError('bad-request', 'direct_connect is missing');
  const { endpoints, app } = payload.value;
  if (endpoints.length > MOST_ENDPOINTS)
    throw new StanzaError('policy-violation', `at most ${MOST_ENDPOINTS} endpoints`);
  if (Jid.tryParse(to)?.isBare !== false) throw new StanzaError('jid-malformed', 'a client is named by its full JID');
  const offer = { offerId: randomBytes(12).toString('base64url'), secret: randomBytes(SECRET_BYTES) };
  const attrs = attributes({ to, id: id === '' ? undefined : id });
  const message = new Element('message', NS_CLIENT, attrs, [offerElement({ ...offer, endpoints, app })]);
  mars.session.receive(
    message,
    new Offered(request, { ...offer, endpoints: [{ host: mars.connection.peer.address }] }),
  );
}

/** The client learns how the server sees it. */
class Offered implements StanzaOutcome {
  readonly #request: Request;
  readonly #offer: { offerId: string; secret: Uint8Array; endpoints: { host: string }[] };

  constructor(request: Request, offer: { offerId: string; secret: Uint8Array; endpoints: { host: string }[] }) {
    this.#request = request;
    this.#offer = offer;
  }

  copied(): void {}

  taken(): void {
    this.#request.answer({ payload: { case: 'directOffer', value: this.#offer } });
  }

  refused(error: StanzaError): void {
    this.#request.refuse(error);
  }
}
