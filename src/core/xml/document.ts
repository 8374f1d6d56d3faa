/** RFC 7395 §3.3.3: a WebSocket message is one element, a document of its own. */
import { LT, skipSpace } from './chars.ts';
import type { Element } from './element.ts';
import { ElementReader } from './element-reader.ts';
import { XmlError, type XmlLimits } from './error.ts';
import { Scope } from './scope.ts';

/** Reads a text that is exactly one element, as strictly as a stream. Throws XmlError. */
export function parseDocument(text: string, limits: XmlLimits): Element {
  if (text.length * 3 > limits.stanzaBytes && Buffer.byteLength(text) > limits.stanzaBytes) {
    throw new XmlError('policy-violation', 'stanza too big');
  }
  if (text.charCodeAt(0) !== LT) throw new XmlError('not-well-formed', 'message does not begin with <');
  if (!text.isWellFormed()) throw new XmlError('not-well-formed', 'a surrogate without its pair');
  const reader = new ElementReader(Scope.EMPTY, limits);
  const end = reader.read(text, 0);
  if (reader.element === undefined) throw new XmlError('not-well-formed', 'message ends inside of the element');
  if (skipSpace(text, end) !== text.length) throw new XmlError('not-well-formed', 'something after the element');
  return reader.element;
}

const STORED: XmlLimits = { stanzaBytes: Infinity, depth: 10_000, attributes: 10_000, children: Infinity };

/** Reads an element that came through the limits once, before it was stored. */
export function parseStored(text: string): Element {
  return parseDocument(text, STORED);
}
