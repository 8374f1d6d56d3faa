/** Commands 1000 to 1002: how a connection becomes a session */
import { type Body, Command } from '#protocol/mars';
import type { Connection } from './connection.ts';
import { ProtocolError, RefusedError } from './errors.ts';
import type { Platform } from './link.ts';
import { beginLogin, type Credentials, type RouterSecret } from './mechanisms.ts';

const PROTO_VERSION = 1;

export interface LoginOptions {
  readonly domain: string;
  readonly credentials: Credentials | RouterSecret;
  readonly resource: string;
  readonly deviceId: string;
  /** Name and version of the program. */
  readonly program: string;
  readonly timeoutMs: number;
  readonly platform: Platform;
}

/** What it takes to go on with a session on another connection. */
export interface Session {
  readonly id: string;
  readonly token: string;
}

export interface LoggedIn {
  readonly jid: string;
  /** Without one, the session ends with the connection. */
  readonly session: Session | undefined;
  /** Set: the session goes on, and so many stanzas follow that were missed. */
  readonly missed: number | undefined;
}

/** @throws RefusedError, ProtocolError, ConnectionLost, RequestTimeout */
export async function logIn(
  connection: Connection,
  options: LoginOptions,
  earlier: { readonly session: Session; readonly handled: number } | undefined,
): Promise<LoggedIn> {
  if (earlier !== undefined) {
    try {
      return await resume(connection, options, earlier);
    } catch (error) {
      // The session is gone, or we are wrong about it; the connection is not.
      if (!(error instanceof RefusedError) || error.type === 'wait') throw error;
    }
  }
  return authenticate(connection, options);
}

async function resume(
  connection: Connection,
  { domain, deviceId, timeoutMs }: LoginOptions,
  { session, handled }: { readonly session: Session; readonly handled: number },
): Promise<LoggedIn> {
  const value = { sessionId: session.id, resumeToken: session.token, deviceId, protoVersion: PROTO_VERSION };
  const { payload } = await connection.begin(
    Command.resume,
    { to: domain, smAck: handled, payload: { case: 'resume', value } },
    timeoutMs,
  );
  if (payload.case !== 'resumed') throw unexpected(payload);
  const { jid, missed, resumeToken, limits } = payload.value;
  if (limits !== undefined) connection.keepTo(limits);
  return { jid, missed, session: { id: session.id, token: resumeToken } };
}

async function authenticate(connection: Connection, options: LoginOptions): Promise<LoggedIn> {
  const { domain, deviceId, program, resource, credentials, platform, timeoutMs } = options;
  const hello = { protoVersion: PROTO_VERSION, client: program, deviceId };
  const { payload } = await connection.begin(
    Command.hello,
    { to: domain, payload: { case: 'hello', value: hello } },
    timeoutMs,
  );
  if (payload.case !== 'welcome') throw unexpected(payload);
  const { mechanisms: offered, nonce, limits } = payload.value;
  if (limits !== undefined) connection.keepTo(limits);
  const { isEncrypted, binding } = connection;
  const exchange = beginLogin(credentials, { crypto: platform.crypto, offered, isEncrypted, binding, nonce });
  if (exchange === undefined) {
    throw new ProtocolError(`the server offers no way to log in that can be used here: ${offered.join(' ') || 'none'}`);
  }
  let step = { mechanism: exchange.mechanism, data: exchange.first, resource, wantSession: true };
  for (;;) {
    const answer = await connection.request(Command.auth, { payload: { case: 'auth', value: step } }, timeoutMs);
    if (answer.payload.case !== 'authResult') throw unexpected(answer.payload);
    const { step: result } = answer.payload.value;
    if (result.case === 'success') {
      const { data, jid, sessionId, resumeToken } = result.value;
      exchange.succeeded(data);
      const session = sessionId === '' ? undefined : { id: sessionId, token: resumeToken };
      return { jid, session, missed: undefined };
    }
    if (result.case === undefined) throw unexpected(answer.payload);
    step = { ...step, mechanism: '', data: await exchange.next(result.value) };
  }
}

function unexpected(payload: Body['payload']): ProtocolError {
  return new ProtocolError(`the server answers with ${payload.case ?? 'nothing'} where something else belongs`);
}
