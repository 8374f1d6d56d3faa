/** XEP-0131: the headers of a message */
import { type Element, ns } from '#core';
import { hasOnly } from './extension.ts';
import { NS_SHIM } from './namespaces.ts';

const shim = ns(NS_SHIM);

/** Undefined when they are more than a map can hold. */
export function readHeaders(element: Element): Record<string, string> | undefined {
  if (element.name !== 'headers' || !hasOnly(element) || element.children.length === 0) return undefined;
  const headers: Record<string, string> = {};
  for (const child of element.children) {
    if (typeof child === 'string' || !child.is('header', NS_SHIM) || !hasOnly(child, 'name')) return undefined;
    const { name = '' } = child.attrs;
    const [text = '', ...rest] = child.children;
    if (Object.hasOwn(headers, name) || typeof text !== 'string' || rest.length > 0) return undefined;
    // Not by assignment: __proto__ is a name like any other.
    Object.defineProperty(headers, name, { value: text, enumerable: true, configurable: true, writable: true });
  }
  return headers;
}

export function headersElement(headers: Readonly<Record<string, string>>): Element | undefined {
  const names = Object.keys(headers);
  if (names.length === 0) return undefined;
  return shim(
    'headers',
    {},
    names.map((name) => shim('header', { name }, headers[name])),
  );
}
