/** RFC 6120 §4.8 and §11: elements as text. Values are escaped such that parsing gives back the same tree. */
import type { Attributes, Element, Node } from './element.ts';
import { escapeAttribute, escapeText } from './escape.ts';
import { NS_STREAMS } from './namespaces.ts';

/** Where a top-level element is written. */
export interface NonzaContext {
  /** The default namespace in force around the element, '' when there is none. */
  readonly contextNs: string;
  /** Whether `stream:` must be declared, because no stream header did (RFC 7395 §3.3.3). */
  readonly declareStream: boolean;
}

/** A child of the stream: like `Element.toString`, saying explicitly whether the stream prefix is declared around it. */
export function serializeNonza(el: Element, context: NonzaContext): string {
  return serialize(el, context.contextNs, context.declareStream);
}

export function serialize(el: Element, contextNs: string, declareStream: boolean): string {
  const prefixed = takesStreamPrefix(el.ns, el.attrs);
  const open = startOf(el.name, el.ns, el.attrs, contextNs, prefixed, declareStream);
  if (el.children.length === 0) return `${open}/>`;
  const content = serializeChildren(el.children, prefixed ? contextNs : el.ns);
  return `${open}>${content}</${prefixed ? 'stream:' : ''}${el.name}>`;
}

/** The content of an element whose default namespace is contextNs. */
export function serializeChildren(children: readonly Node[], contextNs: string): string {
  let out = '';
  for (const node of children) {
    if (typeof node === 'string') {
      out += escapeText(node);
      continue;
    }
    // Inside a stanza `stream:` could have been bound anew by its sender, so it is never relied on here.
    out += startOf(node.name, node.ns, node.attrs, contextNs, false, false);
    out += node.children.length === 0 ? '/>' : `>${serializeChildren(node.children, node.ns)}</${node.name}>`;
  }
  return out;
}

function startOf(
  name: string,
  ns: string,
  attrs: Attributes,
  contextNs: string,
  prefixed: boolean,
  declareStream: boolean,
): string {
  let out = prefixed ? `<stream:${name}` : `<${name}`;
  if (prefixed) {
    if (declareStream && attrs['xmlns:stream'] === undefined) out += ` xmlns:stream="${NS_STREAMS}"`;
  } else if (ns !== contextNs) {
    out += ` xmlns="${escapeAttribute(ns)}"`;
  }
  return out + serializeAttributes(attrs);
}

/** Attributes as they stand in a start tag, a space before each. */
export function serializeAttributes(attrs: Attributes): string {
  let out = '';
  for (const key in attrs) out += ` ${key}="${escapeAttribute(attrs[key] as string)}"`;
  return out;
}

/** Clients look for `stream:features` and `stream:error` by tag name (RFC 6120 §4.8.5). */
function takesStreamPrefix(ns: string, attrs: Attributes): boolean {
  return ns === NS_STREAMS && (attrs['xmlns:stream'] === undefined || attrs['xmlns:stream'] === NS_STREAMS);
}
