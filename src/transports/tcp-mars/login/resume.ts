/** 1002: a client goes on with its session on another connection (XEP-0198 §5, without its syntax) */
import { type Awaitable, type ClientSession, type Management, SaslError, StanzaError, takeOver, whenDone } from '#core';
import { Command, type Resume } from '#protocol/mars';
import type { Request } from '../request.ts';
import { enter } from './bind.ts';
import { checkVersion, limitsOf } from './hello.ts';
import type { Login } from './login.ts';
import type { Bearer } from './resume-tokens.ts';

export function resume(login: Login, request: Request): Awaitable<void> {
  const { connection } = login;
  const { payload, smAck = 0 } = request.body;
  if (payload.case !== 'resume') throw new StanzaError('bad-request', 'resume is missing');
  const { protoVersion, deviceId } = payload.value;
  if (login.greeting === undefined && !checkVersion(connection, request, protoVersion)) return;
  checkAddress(login);
  const bearer = { deviceId, secure: connection.secure };
  const session = sessionOf(login, payload.value, bearer);
  const management = session?.management;
  if (session === undefined || management === undefined) return gone(login, request, payload.value, bearer);
  switch (management.acknowledge(smAck)) {
    case 'unsent':
      throw new StanzaError('bad-request', `${smAck} stanzas were not sent, only ${management.unacknowledged.sent}`);
    case 'stale':
      // What it would have to be sent again is not here any more.
      throw notFound();
  }
  const giveBack = connection.listener.tokens.spend(session);
  void connection.listener.core.logins.admit('returning', () => false);
  return whenDone(takeOver(session), (isTaken) => {
    if (!isTaken) return gone(login, request, payload.value, bearer);
    if (login.isOver) return giveBack();
    goOn(login, request, session, management, bearer);
  });
}

function goOn(login: Login, request: Request, session: ClientSession, management: Management, bearer: Bearer): void {
  const { connection } = login;
  const { unacknowledged, handled } = management;
  enter(login, session);
  connection.pushed = unacknowledged.acknowledged;
  request.answer({
    smAck: handled,
    payload: {
      case: 'resumed',
      value: {
        jid: session.jid.toString(),
        missed: unacknowledged.length,
        ...connection.listener.tokens.issue(session, bearer),
        limits: limitsOf(connection),
      },
    },
  });
  session.attach(connection);
  connection.push(Command.replayDone, { smAck: handled });
}

/** @throws StanzaError resource-constraint: too many wrong tokens came from there */
function checkAddress({ connection }: Login): void {
  try {
    connection.listener.core.failedLogins.check(connection.peer.address);
  } catch (error) {
    if (error instanceof SaslError) throw new StanzaError('resource-constraint', error.text, { cause: error });
    throw error;
  }
}

/** A wrong token for a session that is there counts as a failed login. */
function sessionOf(
  { connection }: Login,
  { sessionId, resumeToken }: Resume,
  bearer: Bearer,
): ClientSession | undefined {
  const { core, tokens } = connection.listener;
  for (const { sessions } of core.router.hosts) {
    const session = sessions.resumable(sessionId);
    if (session === undefined) continue;
    if (tokens.fits(session, resumeToken, bearer)) return session;
    core.failedLogins.failed(connection.peer.address, session.user.toString());
    return undefined;
  }
  return undefined;
}

/** With the number of stanzas that were handled, when that is known and committed; for others the same as what never was. */
function gone(
  { connection }: Login,
  request: Request,
  { sessionId, resumeToken }: Resume,
  bearer: Bearer,
): Awaitable<void> {
  const { core, tokens } = connection.listener;
  const handled = tokens.handledBy(sessionId, resumeToken, bearer);
  if (handled === undefined) throw notFound();
  return whenDone(core.commit(), () => request.refuse(notFound(), undefined, { smAck: handled }));
}

function notFound(): StanzaError {
  return new StanzaError('item-not-found', 'there is no such session any more');
}
