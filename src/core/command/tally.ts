/** What is counted by name, for lists: a page in the order of names, or the largest */
import { byCodePoint } from '../storage/index.ts';

export interface Tally {
  readonly jid: string;
  readonly count: number;
}

/** Those after `after`, in order. */
export function pageOf(all: Iterable<Tally>, after: string, limit: number): { page: Tally[]; more: boolean } {
  const later = [...all].filter(({ jid }) => byCodePoint(jid, after) > 0);
  later.sort((a, b) => byCodePoint(a.jid, b.jid));
  return { page: later.slice(0, limit), more: later.length > limit };
}

/** The largest first, those of one size in order. */
export function largestOf(all: Iterable<Tally>, limit: number): Tally[] {
  return [...all].sort((a, b) => b.count - a.count || byCodePoint(a.jid, b.jid)).slice(0, limit);
}
