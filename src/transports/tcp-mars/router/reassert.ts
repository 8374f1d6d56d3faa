/** 1052: a router that has come back says which users it still has, and hears of those that are known otherwise or not at all */
import { type ClientSession, StanzaError, takeOver, whenDone } from '#core';
import type { RouterUser } from '#protocol/mars';
import type { Request } from '../request.ts';
import { MarsSession } from '../session/mars-session.ts';
import { routedUser, sessionBy } from './routed.ts';
import { RoutedPlace } from './routed-place.ts';
import type { RouterLink } from './router-link.ts';

export function reassert(link: RouterLink, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'routerReassert') throw new StanzaError('bad-request', 'router_reassert is missing');
  const different: { uid: string }[] = [];
  for (const { uid, digest } of payload.value.users) {
    const known = sessionBy(link.rule, uid, link.connection.listener.core.router);
    if (known === undefined || !isSame(known, digest)) different.push({ uid });
    else takeBack(link, uid, known);
  }
  request.answer({ payload: { case: 'routerReassert', value: { users: different } } });
}

function isSame(session: ClientSession, other: RouterUser['digest']): boolean {
  return routedUser(session)?.digest === Buffer.from(other).toString('latin1');
}

/** What came meanwhile, and what the router has not acknowledged, comes again. */
function takeBack(link: RouterLink, uid: string, session: ClientSession): void {
  link.checkRoom(uid);
  void whenDone(takeOver(session), (isTaken) => {
    const { management } = session;
    if (!isTaken || management === undefined || link.connection.isClosing) return;
    const place = new RoutedPlace(link, uid);
    place.user = new MarsSession(place, session, undefined);
    place.countFrom(management.unacknowledged.acknowledged);
    link.add(place);
    session.attach(place);
  });
}
