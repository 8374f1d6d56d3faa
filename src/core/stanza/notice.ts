/** What a message of the server to its users is, and until when it is of use: docs/administration.md */
import { parseDateTime } from '../clock/index.ts';
import { type Element, ns } from '../xml/index.ts';
import type { Stanza } from './stanza.ts';

const NS_NOTICES = 'urn:x-tharsis:notices';

export type NoticeKind = 'system' | 'advertisement';

/** @param expiresAt milliseconds since 1970 */
export function notice(kind: NoticeKind, expiresAt?: number): Element {
  const expires = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  return ns(NS_NOTICES)('notice', { kind, expires });
}

/** Whether nobody is to see it any more. */
export function isExpired(message: Stanza, now: number): boolean {
  const expires = message.child('notice', NS_NOTICES)?.attr('expires');
  const at = expires === undefined ? undefined : parseDateTime(expires);
  return at !== undefined && at <= now;
}
