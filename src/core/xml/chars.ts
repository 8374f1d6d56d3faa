/** XML 1.0 §2.2, §2.3: the character classes the parser asks for, one table look-up per ASCII character. */

export const LT = 0x3c;
export const GT = 0x3e;
export const SLASH = 0x2f;
export const BANG = 0x21;
export const QUESTION = 0x3f;
export const EQUALS = 0x3d;
export const QUOTE = 0x22;
export const APOSTROPHE = 0x27;

const SPACE = 1;
const NAME = 2;

const classes = new Uint8Array(128);
for (const c of ' \t\r\n') classes[c.charCodeAt(0)] = SPACE;
for (const c of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:_-.') classes[c.charCodeAt(0)] = NAME;

/** S, §2.3. */
export function isSpace(c: number): boolean {
  return c < 128 && ((classes[c] as number) & SPACE) !== 0;
}

/** Whether c can go on a name; beyond ASCII that is left to `isQName`. */
export function isNameLike(c: number): boolean {
  return c >= 128 || ((classes[c] as number) & NAME) !== 0;
}

/** The index of the first character at or after i that is not white space. */
export function skipSpace(s: string, i: number): number {
  while (i < s.length && isSpace(s.charCodeAt(i))) i++;
  return i;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_CHAR = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

/** Whether every character is a Char, §2.2. */
export function isLegal(s: string): boolean {
  return !NOT_CHAR.test(s) && s.isWellFormed();
}

// NameStartChar and NameChar of §2.3 without the colon, which Namespaces in XML 1.0 §4 keeps for prefixes.
const START =
  'A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f' +
  '\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const NCNAME = `[${START}][${START}\\-.0-9\\xb7\\u0300-\\u036f\\u203f\\u2040]*`;
const QNAME = new RegExp(`^${NCNAME}(?::${NCNAME})?$`, 'u');

/** QName, Namespaces in XML 1.0 §4. */
export function isQName(s: string): boolean {
  return QNAME.test(s);
}
