/** 1000: what client and server are, and how the client may log in */
import { randomBytes } from 'node:crypto';
import { StanzaError, type VirtualHost } from '#core';
import type { MarsConnection } from '../mars-connection.ts';
import type { Request } from '../request.ts';
import type { Login } from './login.ts';
import { mechanismsOf } from './mechanisms.ts';

/** The versions of proto/tharsis.proto that are spoken here. */
export const VERSIONS: readonly number[] = [1];

/** Mars takes 210 s when nobody is there, and games less. */
const HEARTBEAT_MS = 60_000;

export interface Greeting {
  readonly host: VirtualHost;
  readonly client: string;
  readonly os: string;
  readonly deviceId: string;
  /** Of what the client writes, where a stanza does not say. */
  readonly lang: string;
  /** For MD5-CHALLENGE; undefined when it was used, or a login has failed. */
  nonce: string | undefined;
}

export function hello(login: Login, request: Request): void {
  const { connection } = login;
  const { to, lang, payload } = request.body;
  if (payload.case !== 'hello') throw new StanzaError('bad-request', 'hello is missing');
  const { protoVersion, client, os, deviceId } = payload.value;
  if (!checkVersion(connection, request, protoVersion)) return;
  const host = login.hostFor(to);
  const nonce = connection.listener.nonces.issue();
  login.greeting = { host, client, os, deviceId, lang, nonce };
  request.answer({
    from: host.domain.toString(),
    payload: {
      case: 'welcome',
      value: {
        streamId: randomBytes(12).toString('base64url'),
        mechanisms: mechanismsOf(login).map(({ name }) => name),
        nonce,
        limits: limitsOf(connection),
        serverTime: connection.listener.core.clock.now(),
      },
    },
  });
}

/** False: the client was told which there are, and the connection is closed. */
export function checkVersion(connection: MarsConnection, request: Request, version: number): boolean {
  if (VERSIONS.includes(version)) return true;
  const error = new StanzaError('feature-not-implemented', `version ${version} of the protocol is not known here`);
  request.refuse(error, undefined, { payload: { case: 'welcome', value: { protoVersions: [...VERSIONS] } } });
  connection.close();
  return false;
}

export function limitsOf({ listener }: MarsConnection) {
  const idleMs = listener.config.idle_seconds * 1_000;
  return {
    maxFrame: listener.frameBytes('logged in'),
    idleMs,
    heartbeatMs: Math.min(HEARTBEAT_MS, Math.floor(idleMs / 3)),
  };
}
