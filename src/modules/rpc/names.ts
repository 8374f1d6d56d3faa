/** docs/protocol/rpc.md §3.2: names, and the headers that are the server's */

/** Words with dots or hyphens between them. */
export const SERVICE = /^(?=.{1,128}$)\w+(?:[.-]\w+)*$/;
/** A word: what follows the last dot of `Service.Method`. */
export const METHOD = /^\w{1,128}$/;
/** RFC 9110 §5.6.2 */
const TOKEN = /^[\w!#$%&'*+.^`|~-]{1,128}$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const NOT_IN_VALUE = /[\0-\x1f\x7f\ufffe\uffff]/;

const RESERVED = 'tharsis-';

export function isHeaderName(text: string): boolean {
  return TOKEN.test(text);
}

/** What fits into a line, and into XML. */
export function isHeaderValue(text: string): boolean {
  return !NOT_IN_VALUE.test(text) && text.isWellFormed();
}

/** Also as some take it who get it: header names have no case, and environment variables no hyphen. */
export function isReserved(name: string): boolean {
  return name.toLowerCase().replaceAll('_', '-').startsWith(RESERVED);
}
