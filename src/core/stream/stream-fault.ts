/** RFC 6120 §4.9.1.1: what ends a stream whose element could not be taken */
import type { Logger } from '../log/index.ts';
import type { Peer } from '../session/index.ts';
import { XmlError } from '../xml/index.ts';
import { StreamError } from './stream-error.ts';

/** What is not the peer's fault is a bug of ours: it is logged, and ends this stream, and no other. */
export function asStreamError(error: unknown, log: Logger, { address }: Peer): StreamError {
  if (error instanceof XmlError) return new StreamError(error.condition, error.message, { cause: error });
  log.error({ err: error, peer: address }, 'a connection failed');
  return new StreamError('internal-server-error');
}
