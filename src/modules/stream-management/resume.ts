/** XEP-0198 §5: a client goes on with its session on another stream */
import {
  type Awaitable,
  type Connection,
  type Element,
  GenerationCache,
  type Host,
  type Jid,
  type Resumption,
  takeOver,
  whenDone,
} from '#core';
import type { StreamManagementConfig } from './index.ts';
import { count, countTooHigh, failed, sm } from './nonzas.ts';

/** How many sessions that are over are remembered, for the number of stanzas that were handled. */
const REMEMBERED = 10_000;

/** Answers `<resume/>` of an authenticated user, on its stream or inline in its login (§8.2). */
export function resuming(host: Host<StreamManagementConfig>) {
  const over = new GenerationCache<{ readonly user: Jid; readonly handled: number }>(REMEMBERED);

  host.observe('session:closed', ({ session: { user, management } }) => {
    const id = management?.terms?.id;
    if (management !== undefined && id !== undefined) over.set(id, { user, handled: management.handled });
  });

  /** For the session of another user the same as for one that never was. */
  function gone(user: Jid, id: string): Awaitable<Resumption> {
    const known = over.get(id);
    if (known === undefined || !known.user.equals(user)) return { answer: failed('item-not-found') };
    return whenDone(host.store.committed(), () => ({ answer: failed('item-not-found', known.handled) }));
  }

  /** @throws StreamError when the client has handled more than it was sent (§6) */
  return (user: Jid, request: Element, connection: Connection): Awaitable<Resumption> => {
    if (host.config.resume_seconds === 0) return { answer: failed('feature-not-implemented') };
    const id = request.attr('previd');
    const handled = count(request);
    if (id === undefined || handled === undefined) return { answer: failed('bad-request') };
    const session = host.resumable(id);
    const management = session?.management;
    if (management === undefined || !session?.user.equals(user)) return gone(user, id);
    switch (management.acknowledge(handled)) {
      case 'unsent':
        throw countTooHigh(handled, management.unacknowledged.sent);
      case 'stale':
        // What it would have to be sent again is not here any more. Without h: what the session took may not be committed.
        return { answer: failed('item-not-found') };
    }
    return whenDone(takeOver(session), (isTaken) => {
      if (!isTaken) return gone(user, id);
      const answer = sm('resumed', { previd: id, h: String(management.handled) });
      return { answer, session, replay: () => session.attach(connection) };
    });
  };
}
