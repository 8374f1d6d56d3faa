/** XML as XMPP uses it (RFC 6120 §11): elements, builders, a strict streaming parser, a serialiser. */
export { ns } from './builder.ts';
export { isLegal } from './chars.ts';
export { parseDocument, parseStored } from './document.ts';
export { type Attributes, attributes, Element, type Node, newAttributes } from './element.ts';
export { XmlError, type XmlErrorCondition, type XmlLimits } from './error.ts';
export { escapeAttribute, escapeText } from './escape.ts';
export * from './namespaces.ts';
export { XmlParser, type XmlSink } from './parser.ts';
export { type NonzaContext, serializeAttributes, serializeChildren, serializeNonza } from './serialize.ts';
