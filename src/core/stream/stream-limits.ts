/** XEP-0478: Stream Limits Advertisement */
import type { Limits } from '../config/index.ts';
import { type Element, ns } from '../xml/index.ts';

const limit = ns('urn:xmpp:stream-limits:0');

/** §3.1. Before login a stream lasts as long as the login may take. */
export function limitsFeature(limits: Limits, isLoggedIn: boolean): Element {
  const bytes = isLoggedIn ? limits.stanza_bytes : limits.stanza_bytes_before_login;
  const seconds = isLoggedIn ? limits.idle_seconds : limits.login_seconds;
  return limit('limits', {}, limit('max-bytes', {}, `${bytes}`), limit('idle-seconds', {}, `${seconds}`));
}
