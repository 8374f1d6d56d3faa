/** RFC 6120 §4.9.3, XEP-0220 §2.5: what it means that another server does not let us in, and whether to come again soon */
import { ConnectError } from './connect-error.ts';
import type { Verdict } from './dialback.ts';
import type { PeerError } from './peer-error.ts';

/** Dialback errors that say nothing about us (XEP-0220 §2.5). */
const UNVERIFIED: ReadonlySet<string> = new Set([
  'remote-connection-failed',
  'remote-server-timeout',
  'resource-constraint',
]);

/** @param local the domain that we did not prove */
export function notProved(local: string, verdict: Exclude<Verdict, 'valid'>): ConnectError {
  if (verdict === 'invalid') {
    const message = `it found our dialback key invalid: does ${local} in DNS lead to this server?`;
    return new ConnectError('internal-server-error', message, { isFinal: true, step: 'authentication' });
  }
  const message = `it could not verify our dialback key (${verdict.error}): can it reach ${local}?`;
  const isFinal = !UNVERIFIED.has(verdict.error);
  return new ConnectError('remote-server-timeout', message, { isFinal, step: 'authentication' });
}

/** Stream errors after which it is worth to come again soon (RFC 6120 §4.9.3). */
const PASSING: ReadonlySet<string> = new Set([
  'conflict',
  'connection-timeout',
  'internal-server-error',
  'remote-connection-failed',
  'reset',
  'resource-constraint',
  'system-shutdown',
]);

export function endedByPeer({ condition, text }: PeerError): ConnectError {
  const isUnknown = condition === 'host-unknown' || condition === 'host-gone';
  const said = text === undefined ? condition : `${condition}: ${text}`;
  return new ConnectError(
    isUnknown ? 'remote-server-not-found' : 'remote-server-timeout',
    `it ended the stream (${said})`,
    { isFinal: !PASSING.has(condition) },
  );
}

/** @param reason undefined when it was closed in order */
export function brokenOff(reason: (Error & { code?: string }) | undefined): ConnectError {
  if (reason === undefined) return new ConnectError('remote-server-timeout', 'it closed the connection');
  const isTls = /^ERR_(?:SSL|TLS)_/.test(reason.code ?? '');
  const message = `${isTls ? 'TLS failed' : 'the connection was lost'}: ${reason.message}`;
  return new ConnectError('remote-server-timeout', message, { step: isTls ? 'tls' : 'stream', cause: reason });
}
