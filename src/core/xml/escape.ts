/** XML 1.0 §2.2, §2.4 and §4.6: character data and attribute values as markup. */

// Besides the markup characters: a carriage return would be read as a line feed (§2.11), and what is not a Char (§2.2)
// would end the stream of whoever receives it, so it is replaced by U+FFFD.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const TEXT_NEEDS = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const TEXT_ESCAPES = /[&<>\r\0-\x08\x0b\x0c\x0e-\x1f\p{Cs}\ufffe\uffff]/gu;
// In an attribute every white space character but the space would be normalised to a space (§3.3.3).
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ATTRIBUTE_NEEDS = /[&<>"'\0-\x1f\ufffe\uffff]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const ATTRIBUTE_ESCAPES = /[&<>"'\0-\x1f\p{Cs}\ufffe\uffff]/gu;

/** Character data; returned as it is when nothing needs escaping. */
export function escapeText(s: string): string {
  return TEXT_NEEDS.test(s) || !s.isWellFormed() ? s.replace(TEXT_ESCAPES, reference) : s;
}

/** An attribute value for either kind of quotes; returned as it is when nothing needs escaping. */
export function escapeAttribute(s: string): string {
  return ATTRIBUTE_NEEDS.test(s) || !s.isWellFormed() ? s.replace(ATTRIBUTE_ESCAPES, reference) : s;
}

function reference(char: string): string {
  switch (char) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    case '"':
      return '&quot;';
    case "'":
      return '&apos;';
    case '\t':
      return '&#9;';
    case '\n':
      return '&#10;';
    case '\r':
      return '&#13;';
    default:
      return '\ufffd';
  }
}
