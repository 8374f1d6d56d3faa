import { attributes, Element, NS_CLIENT } from '#core';
import type { Body } from '#protocol/mars';

/** The question that a command with a payload of its own asks, by the id and the addressee of its envelope. */
export function questionElement(type: 'get' | 'set', { id, to }: Pick<Body, 'id' | 'to'>, payload: Element): Element {
  const attrs = { type, id: id === '' ? undefined : id, to: to === '' ? undefined : to };
  return new Element('iq', NS_CLIENT, attributes(attrs), [payload]);
}
