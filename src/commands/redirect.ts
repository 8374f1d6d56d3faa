/** RFC 6120 §4.9.3.19: sessions that are to go on at another server */
import { type ClientSession, type Command, defineCommand, EachTurn, type Router, StreamError } from '#core';
import { hostOf, sessionsAt } from './addresses.ts';
import { sessionDrain, sessionRedirect } from './specs/session.ts';

const MOST_IN_A_TURN = 50;

export function redirectCommands(router: Router): Command[] {
  return [
    defineCommand({
      ...sessionRedirect,
      run({ jid, to }) {
        const sessions = sessionsAt(router, jid);
        for (const session of sessions) redirect(session, to);
        return { redirected: sessions.map((session) => session.jid.toString()) };
      },
    }),
    defineCommand({
      ...sessionDrain,
      run({ to, percent, host }) {
        const drained = [...share(host === undefined ? all(router) : hostOf(router, host).sessions, percent / 100)];
        const turns = new EachTurn<ClientSession>(MOST_IN_A_TURN, (session) => redirect(session, to));
        for (const session of drained) turns.add(session);
        return { sessions: drained.length };
      },
    }),
  ];
}

/** Its resumption ends with it: nobody takes it up here. */
function redirect(session: ClientSession, to: string): void {
  session.close(new StreamError('see-other-host', to));
}

function* all(router: Router): Iterable<ClientSession> {
  for (const { sessions } of router.hosts) yield* sessions;
}

/** Evenly, so that old and new sessions are among them. */
function* share<T>(items: Iterable<T>, part: number): Iterable<T> {
  let due = 0;
  for (const item of items) {
    due += part;
    if (due < 1 - Number.EPSILON) continue;
    due -= 1;
    yield item;
  }
}
