/** The end of 1001: the user is known, and gets a session */
import {
  type ClientSession,
  JidError,
  openSession,
  randomResource,
  SaslError,
  StanzaError,
  type UserAgent,
  type VirtualHost,
} from '#core';
import type { Auth } from '#protocol/mars';
import type { Request } from '../request.ts';
import { MarsSession } from '../session/mars-session.ts';
import type { Login } from './login.ts';
import type { Bearer } from './resume-tokens.ts';

/** What a mechanism says of a login that succeeded. */
interface Success {
  readonly username: string;
  readonly data?: Uint8Array;
  readonly temporary?: true;
}

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/i;
/** Of a name for people; the rest is cut off. */
const NAME_LENGTH = 128;

/** @throws SaslError not-authorized: the account is gone; StanzaError: no session can be had */
export async function bind(login: Login, request: Request, auth: Auth, success: Success): Promise<void> {
  const host = (login.greeting as { host: VirtualHost }).host;
  const { username, temporary } = success;
  if (temporary) login.leave = () => host.deleteTemporary(username);
  // It may be gone since the mechanism looked: who deletes or disables it ends the sessions there are.
  const account = await host.accounts.get(username);
  if (login.isOver) return login.disconnected();
  if (account === undefined || account.disabled) throw new SaslError('not-authorized');
  const session = open(login, host, auth, username);
  const { tokens, config } = login.connection.listener;
  const resumption = auth.wantSession && config.resume_seconds > 0 ? tokens.begin(session, bearerOf(login)) : undefined;
  enter(login, session);
  if (resumption !== undefined) login.connection.pushed = 0;
  request.answer({
    payload: {
      case: 'authResult',
      value: {
        step: {
          case: 'success',
          value: { ...(success.data && { data: success.data }), jid: session.jid.toString(), ...resumption },
        },
      },
    },
  });
  host.sessionBound(session);
}

function open(login: Login, host: VirtualHost, { resource }: Auth, username: string): ClientSession {
  const { connection } = login;
  const { limits } = connection.listener.core;
  const origin = { lang: login.greeting?.lang || undefined, userAgent: userAgentOf(login) };
  try {
    const jid = host.userJid(username).withResource(resource === '' ? randomResource() : resource);
    return openSession(host, jid, { link: connection, environment: { limits } }, origin);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message, { cause: error });
    throw error;
  }
}

function bearerOf({ connection, greeting }: Login): Bearer {
  return { deviceId: greeting?.deviceId ?? '', secure: connection.secure };
}

/** XEP-0388 §2.3, as far as hello says it. */
function userAgentOf({ greeting }: Login): UserAgent | undefined {
  if (greeting === undefined) return undefined;
  const { client, os, deviceId } = greeting;
  return {
    id: UUID_V4.test(deviceId) ? deviceId.toLowerCase() : undefined,
    software: client.slice(0, NAME_LENGTH) || undefined,
    device: os.slice(0, NAME_LENGTH) || undefined,
  };
}

/** From now on the connection is that of the session. */
export function enter(login: Login, session: ClientSession): void {
  const { connection } = login;
  connection.sink = new MarsSession(connection, session, login.leave);
  connection.stage = 'logged in';
  connection.wakeIn(connection.listener.config.idle_seconds * 1_000);
}
