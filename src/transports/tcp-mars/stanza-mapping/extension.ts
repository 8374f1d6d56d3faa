/** Elements that have no field of their own travel as XML, both ways */
import { attributes, Element, escapeAttribute, parseDocument, StanzaError, XmlError, type XmlLimits } from '#core';
import type { Extension } from '#protocol/mars';
import type { Draft } from './draft.ts';

export function toExtension(element: Element): Draft<Extension> {
  const { name, ns, attrs, children } = element;
  if (children.length === 0) {
    let isBare = true;
    for (const _ in attrs) isBare = false;
    if (isBare && ns !== '') return { ns, name };
  }
  return { ns, name, xml: element.toString() };
}

/** @throws StanzaError bad-request: it is no XML, or more than the limits allow */
export function fromExtension({ ns = '', name = '', xml = '' }: Draft<Extension>, limits: XmlLimits): Element {
  try {
    return parseDocument(xml === '' ? `<${name} xmlns="${escapeAttribute(ns)}"/>` : xml, limits);
  } catch (cause) {
    if (cause instanceof XmlError) throw new StanzaError('bad-request', `an extension: ${cause.message}`, { cause });
    throw cause;
  }
}

/** Whether the element has these attributes and no others, none of them empty. */
export function hasOnly({ attrs }: Element, ...names: readonly string[]): boolean {
  let count = 0;
  for (const name in attrs) {
    if (attrs[name] === '' || !names.includes(name)) return false;
    count++;
  }
  return count === names.length;
}

/** The text of an element that is nothing but text. Undefined where there is more to it. */
export function plainText(element: Element): string | undefined {
  const { children } = element;
  if (!hasOnly(element) || children.length > 1) return undefined;
  const [text = ''] = children;
  return typeof text === 'string' ? text : undefined;
}

export function textElement(name: string, ns: string, text: string): Element {
  return new Element(name, ns, undefined, text === '' ? undefined : [text]);
}

export function emptyElement(name: string, ns: string, attrs?: Record<string, string>): Element {
  return new Element(name, ns, attrs && attributes(attrs));
}
