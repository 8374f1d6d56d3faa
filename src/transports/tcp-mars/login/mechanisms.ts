/** RFC 4422: the mechanisms of the host, and those that only this protocol has */
import { type AuthContext, afterLogin, limitMechanism, type Mechanism, StanzaError } from '#core';
import type { Login } from './login.ts';
import { md5Challenge } from './md5-challenge.ts';
import { token } from './token.ts';

/** Those that the client of this connection may use now, the strongest first. */
export function mechanismsOf(login: Login): readonly Mechanism[] {
  const { greeting, connection } = login;
  if (greeting === undefined) throw new StanzaError('not-authorized', 'hello comes first');
  const { failedLogins } = connection.listener.core;
  const { host } = greeting;
  const own = [token, md5Challenge(() => takeNonce(login))].map((mechanism) =>
    limitMechanism(
      afterLogin(mechanism, (username) => host.admitLogin(username)),
      failedLogins,
    ),
  );
  const context = contextOf(login);
  return [...host.mechanisms, ...own].filter((mechanism) => mechanism.isOffered(context));
}

export function contextOf({ greeting, connection }: Login): AuthContext {
  if (greeting === undefined) throw new StanzaError('not-authorized', 'hello comes first');
  return {
    accounts: greeting.host.accounts,
    domain: greeting.host.domain.toString(),
    address: connection.peer.address,
    secure: connection.secure,
    channelBindings: connection.channelBindings,
    channelBinding: (type) => connection.channelBinding(type),
    certificateJids: undefined,
  };
}

/** The nonce of the hello, once and within its time. */
function takeNonce({ greeting, connection }: Login): string | undefined {
  const nonce = greeting?.nonce;
  if (greeting === undefined || nonce === undefined) return undefined;
  greeting.nonce = undefined;
  return connection.listener.nonces.take(nonce) ? nonce : undefined;
}
