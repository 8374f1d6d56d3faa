/** Does a received stanza fit a pattern? The rules are told in ../README.md. */
import { elements, textOf, type XmlNode } from './xml.ts';

/** What `{name}` stands for so far. */
export type Captures = ReadonlyMap<string, string>;

export interface Receiver {
  readonly bare: string;
  readonly full: string;
}

const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const NS_CLIENT = 'jabber:client';
const NS_MUC_USER = 'http://jabber.org/protocol/muc#user';
const ADDITIONS = [
  ['delay', 'urn:xmpp:delay'],
  ['stanza-id', 'urn:xmpp:sid:0'],
  ['occupant-id', 'urn:xmpp:occupant-id:0'],
] as const;

/** The captures after the match, or undefined when the stanza does not fit. */
export function matchStanza(
  pattern: XmlNode,
  stanza: XmlNode,
  receiver: Receiver,
  captures: Captures,
): Captures | undefined {
  const attrs = { ...stanza.attrs };
  for (const name of ['id', 'to', 'from']) {
    if (!(name in pattern.attrs) && isImplied(name, attrs[name], receiver)) delete attrs[name];
  }
  const error = stanza.attrs.type === 'error' ? errorOf(stanza) : undefined;
  if (error === undefined || pattern.attrs.type !== 'error') {
    const [wanted, came] = [pattern, { ...stanza, attrs }].map((node) => withoutOwnJid(node, receiver.full));
    return wanted === undefined || came === undefined ? undefined : matchNode(wanted, came, captures);
  }
  return matchError(pattern, { ...stanza, attrs }, error, captures);
}

/** `stanzas` fit `patterns` one to one in some order. */
export function matchUnordered(
  patterns: readonly XmlNode[],
  stanzas: readonly XmlNode[],
  receiver: Receiver,
  captures: Captures,
): Captures | undefined {
  return assign(patterns, stanzas, captures, (pattern, stanza, known) => matchStanza(pattern, stanza, receiver, known))
    ?.captures;
}

/** Replaces `{name}` by what it stands for, and `{x*3}` by `xxx`. */
export function fillIn(text: string, captures: Captures): string {
  return text
    .replace(/\{(.)\*(\d+)\}/g, (_, character: string, count: string) => character.repeat(Number(count)))
    .replace(/\{([a-z][a-z0-9-]*)\}/g, (whole, name: string) => captures.get(name) ?? whole);
}

// RFC 6120 §8.1.1.1, §8.1.2.1: the server may leave out its client's own addresses.
function isImplied(name: string, value: string | undefined, receiver: Receiver): boolean {
  if (name === 'id') return true;
  if (name === 'from') return value === receiver.bare;
  return value === receiver.bare || value === receiver.full;
}

/** XEP-0045 §7.2.4: whether an occupant of a semi-anonymous room is told his own JID is the service's choice. */
function withoutOwnJid(stanza: XmlNode, own: string): XmlNode {
  if (stanza.name !== 'presence') return stanza;
  const strip = (node: XmlNode | string): XmlNode | string => {
    if (typeof node === 'string' || node.ns !== NS_MUC_USER) return node;
    const { jid, ...attrs } = node.attrs;
    return { ...node, attrs: jid === own ? attrs : node.attrs, children: node.children.map(strip) };
  };
  return { ...stanza, children: stanza.children.map(strip) };
}

// A carbon copy of an error has its type and none of its own (XEP-0280 §7).
function errorOf(stanza: XmlNode): XmlNode | undefined {
  return elements(stanza).find((child) => child.name === 'error' && child.ns === NS_CLIENT);
}

// RFC 6120 §8.3.1, §8.3.2: the server may send the original payload back, and add a text, a 'by' and an old 'code'.
function matchError(pattern: XmlNode, stanza: XmlNode, error: XmlNode, captures: Captures): Captures | undefined {
  const { by: _by, code: _code, ...attrs } = error.attrs;
  const children = elements(error).filter((child) => child.name !== 'text' || child.ns !== NS_STANZAS);
  const bare: XmlNode = { ...stanza, children: [{ ...error, attrs, children }] };
  return matchNode(withErrorNamespace(pattern), bare, captures);
}

// In a pattern <error type='cancel'><not-allowed/></error> needs no xmlns on its condition.
function withErrorNamespace(pattern: XmlNode): XmlNode {
  const children = elements(pattern).map((error) => ({
    ...error,
    children: elements(error).map((child) => (child.ns === NS_CLIENT ? { ...child, ns: NS_STANZAS } : child)),
  }));
  return { ...pattern, children };
}

export function matchNode(pattern: XmlNode, node: XmlNode, captures: Captures): Captures | undefined {
  if (pattern.name !== node.name || pattern.ns !== node.ns) return undefined;
  let known: Captures | undefined = captures;
  for (const [name, expected] of Object.entries(pattern.attrs)) {
    known = matchText(expected, node.attrs[name], known);
    if (known === undefined) return undefined;
  }
  for (const name of Object.keys(node.attrs)) {
    if (!(name in pattern.attrs) && name !== 'xml:lang') return undefined;
  }
  return matchContent(pattern, node, known);
}

function matchContent(pattern: XmlNode, whole: XmlNode, captures: Captures): Captures | undefined {
  const node = isStanza(whole) ? withoutAdditions(whole, pattern) : whole;
  const text = textOf(pattern);
  const expected = elements(pattern);
  if (expected.length === 0 && text.trim() !== '...') {
    if (elements(node).length > 0) return undefined;
    return text.trim() === '' && textOf(node).trim() === '' ? captures : matchText(text, textOf(node), captures);
  }
  const found = assign(expected, elements(node), captures, matchNode);
  if (found === undefined || (found.others > 0 && text.trim() !== '...')) return undefined;
  return found.captures;
}

function isStanza({ name, ns }: XmlNode): boolean {
  return ns === NS_CLIENT && ['message', 'presence', 'iq'].includes(name);
}

/** XEP-0203, XEP-0359, XEP-0421: a server may say that something is from earlier, under which id it keeps it, and who sent it. */
function withoutAdditions(stanza: XmlNode, pattern: XmlNode): XmlNode {
  const added = ADDITIONS.filter(([name, ns]) => !has(pattern, name, ns));
  const isAdded = (child: XmlNode) => added.some(([name, ns]) => child.name === name && child.ns === ns);
  return { ...stanza, children: stanza.children.filter((child) => typeof child === 'string' || !isAdded(child)) };
}

function has(node: XmlNode, name: string, ns: string): boolean {
  return elements(node).some((child) => child.name === name && child.ns === ns);
}

/** Gives each pattern another node, trying again while a later one finds none: captures make the order matter. */
function assign(
  patterns: readonly XmlNode[],
  nodes: readonly XmlNode[],
  captures: Captures,
  match: (pattern: XmlNode, node: XmlNode, captures: Captures) => Captures | undefined,
): { captures: Captures; others: number } | undefined {
  const [pattern, ...rest] = patterns;
  if (pattern === undefined) return { captures, others: nodes.length };
  for (const [index, node] of nodes.entries()) {
    const known = match(pattern, node, captures);
    if (known === undefined) continue;
    const found = assign(rest, nodes.toSpliced(index, 1), known, match);
    if (found !== undefined) return found;
  }
  return undefined;
}

function matchText(pattern: string, actual: string | undefined, captures: Captures): Captures | undefined {
  if (actual === undefined) return undefined;
  const filled = fillIn(pattern, captures);
  if (!filled.includes('{')) return filled === actual ? captures : undefined;
  const names: string[] = [];
  const source = filled
    .split(/(\{[a-z][a-z0-9-]*\})/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      if (part === '{any}') return '[^]+';
      names.push(part.slice(1, -1));
      return '([^]+)';
    })
    .join('');
  const groups = new RegExp(`^${source}$`).exec(actual);
  if (groups === null) return undefined;
  return new Map([...captures, ...names.map((name, index): [string, string] => [name, groups[index + 1] ?? ''])]);
}
