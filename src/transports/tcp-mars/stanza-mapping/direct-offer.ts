/** What the server tells a client of another so that they can connect to each other: 1068 and 1107, between them a message */
import { attributes, Element, Message, ns, type Stanza } from '#core';
import type { DirectOffer, Endpoint } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { NS_MARS } from './namespaces.ts';

const mars = ns(NS_MARS);

export type EndpointDraft = Draft<Endpoint>;
export type OfferDraft = Omit<Draft<DirectOffer>, 'endpoints'> & { endpoints?: readonly EndpointDraft[] };

/** Made by 1068. What a client writes in this form is an element like any other: nobody has looked whether it may offer that. */
export class OfferElement extends Element {
  readonly offer: OfferDraft;

  constructor(offer: OfferDraft) {
    const { offerId = '', secret, app, endpoints = [] } = offer;
    const children = [
      ...endpoints.map(endpointElement),
      ...(secret === undefined ? [] : [mars('secret', {}, base64(secret))]),
      ...(app === undefined || app.length === 0 ? [] : [mars('app', {}, base64(app))]),
    ];
    super('direct-connect', NS_MARS, attributes({ id: offerId }), children);
    this.offer = offer;
  }
}

function endpointElement({ host, port = 0, protocol = '' }: EndpointDraft): Element {
  return mars('endpoint', { host, port: String(port), protocol: protocol === '' ? undefined : protocol });
}

/** Undefined when the stanza is something else. */
export function offerIn(stanza: Stanza): OfferDraft | undefined {
  const [first] = stanza.children;
  return stanza instanceof Message && first instanceof OfferElement && stanza.type !== 'error'
    ? first.offer
    : undefined;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
