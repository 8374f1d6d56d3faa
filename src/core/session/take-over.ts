/** XEP-0198 §5, without its syntax: a session goes from one link to another */
import { type Awaitable, whenDone } from '../awaitable.ts';
import { StreamError } from '../stream/stream-error.ts';
import type { ClientSession } from './client-session.ts';

/**
 * Takes a session off the link it had, and brings it to where `handled` can be told: what was taken is done and committed.
 * The caller then attaches the session in the same turn.
 *
 * @returns false when it ended meanwhile, also because a commit failed, or somebody else took it
 */
export function takeOver(session: ClientSession): Awaitable<boolean> {
  session.abandon(new StreamError('conflict', 'the session is resumed elsewhere'));
  const place = session.connection;
  return whenDone(session.settled(), () =>
    whenDone(session.management?.committed(), (isCommitted) => isCommitted === true && session.connection === place),
  );
}
