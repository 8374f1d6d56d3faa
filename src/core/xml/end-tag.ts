/** XML 1.0 §3.1: the end tag of an element. */
import { GT, skipSpace } from './chars.ts';
import { XmlError } from './error.ts';

/** Reads the end tag whose `<` is at index i. Gives the index after it, -1 when s ends before the tag does. */
export function endTag(s: string, i: number, qname: string): number {
  const nameEnd = i + 2 + qname.length;
  if (!s.startsWith(qname, i + 2)) {
    if (nameEnd > s.length && qname.startsWith(s.slice(i + 2))) return -1;
    throw new XmlError('not-well-formed', 'end tag does not match');
  }
  const end = skipSpace(s, nameEnd);
  if (end === s.length) return -1;
  if (s.charCodeAt(end) !== GT) throw new XmlError('not-well-formed', 'end tag does not match');
  return end + 1;
}
