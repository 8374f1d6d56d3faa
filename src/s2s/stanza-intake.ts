/** RFC 6120 §8, §10: a stanza of another server, from the element it came as to the router */
import {
  type Awaitable,
  Element,
  Jid,
  MisshapenStanza,
  type Node,
  NS_CLIENT,
  NS_SERVER,
  type Router,
  StanzaError,
  shapeStanza,
} from '#core';
import type { Pair } from './pair.ts';

/** @param pair what the stream it came by is authorised for, and its addresses are of */
export function takeIn(given: Element, { local }: Pair, router: Router): Awaitable<void> {
  // Inside of the server stanzas are in jabber:client.
  const element = given.ns === NS_SERVER ? inClientNs(given) : given;
  const from = Jid.tryParse(element.attr('from') ?? '');
  // There is nobody to tell.
  if (from === undefined) return;
  const to = Jid.tryParse(element.attr('to') ?? '');
  try {
    const stanza = shapeStanza(element, { from, to: to ?? Jid.of('', local) });
    // §8.3.3.8
    if (to === undefined) return router.refuse(stanza, new StanzaError('jid-malformed'));
    return router.route(stanza);
  } catch (error) {
    if (!(error instanceof MisshapenStanza)) throw error;
    return router.refuse(error.stanza, error);
  }
}

/** A stanza whose sender says its namespace in each element, instead of leaving it to the stream. */
function inClientNs(element: Element): Element {
  const children = element.children.map((node: Node) => (typeof node === 'string' ? node : inClientNs(node)));
  return new Element(element.name, element.ns === NS_SERVER ? NS_CLIENT : element.ns, element.attrs, children);
}
