/** RFC 6120 §8: requests on a stream that has no session yet */
import { type Addresses, type Iq, MisshapenStanza, type Stanza, StanzaError, shapeStanza } from '../stanza/index.ts';
import type { Element } from '../xml/index.ts';
import type { Negotiation } from './negotiation.ts';
import { StreamError } from './stream-error.ts';

/** The element as an IQ; undefined when it was none and has been refused. */
export function requestIn(element: Element, addresses: Addresses, negotiation: Negotiation): Iq | undefined {
  try {
    return shapeStanza(element, addresses) as Iq;
  } catch (error) {
    if (error instanceof MisshapenStanza) refuseRequest(error.stanza, error, negotiation);
    else negotiation.crash(error);
  }
}

export function refuseRequest(request: Stanza, error: unknown, negotiation: Negotiation): void {
  if (!(error instanceof StanzaError)) return negotiation.crash(error);
  if (request.type === 'get' || request.type === 'set') negotiation.link.send(request.errorReply(error));
  else negotiation.fail(new StreamError('not-authorized'));
}
