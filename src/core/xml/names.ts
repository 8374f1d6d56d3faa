/**
 * The names and namespaces of XMPP are few and come again in every stanza: a small table hands out one string for each,
 * without slicing the input, and remembers that the name was checked.
 */
import { isQName } from './chars.ts';
import { XmlError } from './error.ts';

const SLOTS = 1024;
const LONGEST = 64;
const names: (string | undefined)[] = new Array(SLOTS).fill(undefined);
const namespaces: (string | undefined)[] = new Array(SLOTS).fill(undefined);

/** The qualified name between two indices of s. */
export function qname(s: string, start: number, end: number): string {
  const slot = slotOf(s, start, end);
  const known = names[slot];
  if (known !== undefined && known.length === end - start && s.startsWith(known, start)) return known;
  const name = s.slice(start, end);
  if (!isQName(name)) throw new XmlError('not-well-formed', 'not a name');
  return end - start > LONGEST ? name : remember(names, slot, name);
}

/** The one string for a namespace name. */
export function namespaceName(ns: string): string {
  if (ns === '' || ns.length > LONGEST) return ns;
  const slot = slotOf(ns, 0, ns.length);
  const known = namespaces[slot];
  return known === ns ? known : remember(namespaces, slot, ns);
}

function slotOf(s: string, start: number, end: number): number {
  const middle = s.charCodeAt((start + end) >> 1);
  const mixed = (s.charCodeAt(start) * 31 + middle) * 31 + s.charCodeAt(end - 1);
  return (mixed * 31 + end - start) % SLOTS;
}

function remember(table: (string | undefined)[], slot: number, s: string): string {
  // A copy, because a slice would keep the whole chunk of input alive.
  const copy = Buffer.from(s).toString();
  table[slot] = copy;
  return copy;
}
