/** XML 1.0 §2.11, §3.3.3, §4.1: character data and attribute values as the application sees them. */
import { isLegal, isQName } from './chars.ts';
import { XmlError } from './error.ts';

// Most values have none of these and are taken as they are. Lone surrogates are not looked for: what was UTF-8 has none,
// and `parseDocument` has asked before.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ODD_IN_TEXT = /[&\]\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ODD_IN_VALUE = /[&<\0-\x1f\ufffe\uffff]/;

/** Character data as it stands between two tags. */
export function readText(raw: string): string {
  return ODD_IN_TEXT.test(raw) ? decodeText(raw) : raw;
}

/** The content of a CDATA section, §2.7: no references in it. */
export function readCdata(raw: string): string {
  return lineEnds(legal(raw));
}

/** An attribute value as it stands between its quotes. */
export function readValue(raw: string): string {
  return ODD_IN_VALUE.test(raw) ? decodeValue(raw) : raw;
}

function decodeText(raw: string): string {
  if (raw.includes(']]>')) throw new XmlError('not-well-formed', ']]> in character data'); // §2.4
  return references(lineEnds(legal(raw)));
}

function decodeValue(raw: string): string {
  if (raw.includes('<')) throw new XmlError('not-well-formed', '< in an attribute value'); // §3.1
  return references(legal(raw).replace(/\r\n|[\t\n\r]/g, ' '));
}

function legal(raw: string): string {
  if (!isLegal(raw)) throw new XmlError('not-well-formed', 'a character that XML forbids'); // §2.2
  return raw;
}

function lineEnds(raw: string): string {
  return raw.includes('\r') ? raw.replace(/\r\n?/g, '\n') : raw;
}

function references(raw: string): string {
  return raw.includes('&') ? raw.replace(/&([^&;]*)(;?)/g, dereference) : raw;
}

function dereference(_reference: string, name: string, semicolon: string): string {
  if (semicolon === '') throw new XmlError('not-well-formed', '& without a reference');
  switch (name) {
    case 'amp':
      return '&';
    case 'lt':
      return '<';
    case 'gt':
      return '>';
    case 'quot':
      return '"';
    case 'apos':
      return "'";
  }
  if (/^#(?:[0-9]+|x[0-9a-fA-F]+)$/.test(name)) {
    const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    if (code <= 0x10ffff) return legal(String.fromCodePoint(code));
  } else if (isQName(name)) {
    throw new XmlError('restricted-xml', 'reference to an entity'); // RFC 6120 §11.1
  }
  throw new XmlError('not-well-formed', 'not a reference');
}
