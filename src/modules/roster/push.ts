/** RFC 6121 §2.1.6: roster pushes */
import { type ClientSession, iq } from '#core';
import { query, type RosterItem } from './item.ts';

/** To all interested resources among `sessions` (§2.2). Answers to it are ignored. */
export function push(sessions: readonly ClientSession[], item: RosterItem): void {
  if (!sessions.some(({ interested }) => interested)) return;
  const set = iq({ type: 'set', id: `push-${item.version}` }, query(item.version, [item]));
  for (const session of sessions) if (session.interested) session.deliver(set.with({ to: session.jid }));
}
