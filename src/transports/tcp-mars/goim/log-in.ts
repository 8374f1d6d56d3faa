/** Operation 7: the uid is a user of the host of the appid, and the token what PLAIN takes as a password */

import { create, toBinary } from '@bufbuild/protobuf';
import { type ClientSession, openSession, randomResource, SaslError, StanzaError, type VirtualHost } from '#core';
import type { RPCInput } from '#protocol/goim';
import { ServerPushSchema } from '#protocol/goim';
import { BodyError } from '#protocol/mars';
import type { GoimConnection, GoimUser } from './goim-connection.ts';
import type { GoimRequest } from './goim-request.ts';
import { headersOf } from './headers.ts';
import { IdError, joined, NO_ROOM, parseAppId, parseRoom, parseUid } from './ids.ts';
import { LOGIN_ELSEWHERE, Operation } from './operation.ts';
import { Push } from './push.ts';

const FAILED = 1;

/** Never rejects. */
export async function logIn(connection: GoimConnection, request: GoimRequest): Promise<void> {
  try {
    const wanted = wantedIn(request.input());
    const user = await userOf(connection, wanted);
    if (user === undefined) return;
    connection.enter(user);
    connection.moveTo(wanted.room);
    request.answer({ retDesc: 'auth ok', headers: headersOf(connection, user) });
    if (user.session === undefined) return;
    user.host.sessionBound(user.session);
    tellOthers(connection, user);
  } catch (error) {
    const text = reasonOf(error);
    const { core } = connection.listener;
    if (text === undefined) core.log.error({ err: error }, 'a login failed for a reason of ours');
    else core.log.info({ peer: connection.peer.address, text }, 'login failed');
    request.answer({ retCode: FAILED, retDesc: `auth fail: ${text ?? 'internal server error'}` });
    connection.close();
  }
}

interface Wanted {
  readonly app: number;
  readonly uid: number;
  readonly room: number;
  readonly token: string;
}

/** An empty body is that of nobody in particular. @throws IdError */
function wantedIn({ headers }: RPCInput): Wanted {
  const { uid = '0', appid = '0', token = '', 'subscribe-room-push': room = String(NO_ROOM) } = headers;
  return { app: parseAppId(appid), uid: parseUid(uid), room: parseRoom(room), token };
}

/** Undefined when the connection is gone. @throws StanzaError, SaslError */
async function userOf(connection: GoimConnection, { app, uid, token }: Wanted): Promise<GoimUser | undefined> {
  const { listener } = connection;
  const { goim_anonymous, encryption } = listener.config;
  if (encryption === 'required' && !connection.secure) {
    throw new StanzaError('policy-violation', 'this listener takes encrypted connections only');
  }
  const host = listener.hostOf(app);
  if (host === undefined) throw new StanzaError('item-not-found', `there is no appid ${app}`);
  if (uid === 0 && !goim_anonymous) throw new StanzaError('not-authorized', 'anonymous users are not let in');
  const seconds = await listener.core.logins.admit('new', () => connection.isClosing);
  if (seconds > 0) throw new StanzaError('resource-constraint', 'too many log in at once');
  if (uid !== 0) await authenticate(connection, host, uid, token);
  if (connection.isClosing) return undefined;
  const session = uid === 0 ? undefined : open(connection, host, uid);
  return { app, uid, connid: listener.nextId(), host, session };
}

/** With all that a login by PLAIN meets: the limit of failures, bans, accounts that are kept elsewhere. */
async function authenticate(
  { peer, secure }: GoimConnection,
  host: VirtualHost,
  uid: number,
  token: string,
): Promise<void> {
  const context = {
    ...{ accounts: host.accounts, domain: host.domain.toString(), address: peer.address, secure },
    ...{ channelBindings: [], channelBinding: () => undefined, certificateJids: undefined },
  };
  const plain = host.mechanisms.find(({ name }) => name === 'PLAIN');
  if (!plain?.isOffered(context)) throw new SaslError('encryption-required', 'a token may not be sent like this');
  await plain.start(context).step(Buffer.from(`\0${uid}\0${token}`));
  const account = await host.accounts.get(`${uid}`);
  if (account === undefined || account.disabled) throw new SaslError('not-authorized');
}

/** @throws StanzaError: no session can be had */
function open(connection: GoimConnection, host: VirtualHost, uid: number): ClientSession {
  const { limits } = connection.listener.core;
  const jid = host.userJid(`${uid}`).withResource(randomResource());
  return openSession(host, jid, { link: connection, environment: { limits } }, {});
}

/** They stay, and may go by themselves. */
function tellOthers(connection: GoimConnection, { app, uid }: GoimUser): void {
  const body = create(ServerPushSchema, { messageType: LOGIN_ELSEWHERE, messageDesc: 'LOGIN_ELSEWHERE' });
  const push = new Push(Operation.callReply, toBinary(ServerPushSchema, body));
  for (const other of connection.listener.users.of(joined({ app, id: uid }))) {
    if (other !== connection) other.push(push);
  }
}

/** Undefined for a bug of ours. */
function reasonOf(error: unknown): string | undefined {
  if (error instanceof StanzaError || error instanceof SaslError) return error.text ?? error.condition;
  if (error instanceof IdError || error instanceof BodyError) return error.message;
  return undefined;
}
