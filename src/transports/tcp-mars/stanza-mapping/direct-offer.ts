/** What a client tells another so that they can connect to each other: 1068 and 1107, between them a message */
import { type Element, Message, ns, type Stanza } from '#core';
import type { DirectOffer, Endpoint } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { NS_MARS } from './namespaces.ts';

const mars = ns(NS_MARS);
const NAME = 'direct-connect';

export type EndpointDraft = Draft<Endpoint>;
export type OfferDraft = Omit<Draft<DirectOffer>, 'endpoints'> & { endpoints?: readonly EndpointDraft[] };

export function offerElement({ offerId, secret, app, endpoints = [] }: OfferDraft): Element {
  return mars(
    NAME,
    { id: offerId },
    endpoints.map(({ host, port = 0, protocol = '' }) =>
      mars('endpoint', { host, port: String(port), protocol: protocol === '' ? undefined : protocol }),
    ),
    secret && mars('secret', {}, base64(secret)),
    app && app.length > 0 ? mars('app', {}, base64(app)) : undefined,
  );
}

/** Undefined when the stanza is something else. */
export function offerIn(stanza: Stanza): OfferDraft | undefined {
  const first = stanza.children[0];
  if (!(stanza instanceof Message) || first === undefined || typeof first === 'string') return undefined;
  if (!first.is(NAME, NS_MARS) || stanza.children.length > 1 || stanza.type === 'error') return undefined;
  return {
    offerId: first.attrs.id ?? '',
    endpoints: first.elements('endpoint').map(({ attrs: { host = '', port = '', protocol = '' } }) => ({
      ...{ host, protocol },
      port: /^\d{1,5}$/.test(port) ? Number(port) : 0,
    })),
    secret: Buffer.from(first.childText('secret') ?? '', 'base64'),
    app: Buffer.from(first.childText('app') ?? '', 'base64'),
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
