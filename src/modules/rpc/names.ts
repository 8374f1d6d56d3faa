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

/** The name of a header as some take it who get it: names in HTTP have no case, and those of environment variables no hyphen. */
export function folded(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

export function isReserved(name: string): boolean {
  return folded(name).startsWith(RESERVED);
}
