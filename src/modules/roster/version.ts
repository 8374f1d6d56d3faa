/** RFC 6121 §2.6: roster versioning. A client gets what it missed as pushes, one per item, or the whole roster. */
import type { RosterItem } from './item.ts';
import type { Roster } from './roster.ts';

/** What a client with version `ver` has missed; undefined when it needs the whole roster. */
export function missedSince(roster: Roster, ver: string | undefined): readonly RosterItem[] | undefined {
  const version = ver !== undefined && /^\d{1,15}$/.test(ver) ? Number(ver) : -1;
  if (version < roster.since || version > roster.version) return undefined;
  const missed = roster.changedSince(version);
  // §2.6.3: unless the complete roster is less to send.
  return missed.length > roster.size ? undefined : missed;
}
