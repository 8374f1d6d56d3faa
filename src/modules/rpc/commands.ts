import { type Command, defineCommand, type Host, Jid, JidError, StanzaError } from '#core';
import type { RpcConfig } from './config.ts';
import { notificationStanza, tell } from './notify.ts';
import type { Services } from './services.ts';
import { rpcBackends, rpcNotify } from './specs.ts';

export function commandsOf(host: Host<RpcConfig>, services: Services): Command[] {
  return [
    defineCommand({
      ...rpcNotify,
      run({ users, service, type, body, headers }) {
        const to = users.map((text) => userOf(host, text));
        const notification = notificationStanza(host, {
          ...{ service, type },
          body: Buffer.from(body, 'base64'),
          headers: new Map(headers.map(headerOf)),
        });
        return { sessions: to.reduce((sum, user) => sum + tell(host, user, notification), 0) };
      },
    }),
    defineCommand({
      ...rpcBackends,
      run: () => ({
        instances: [...services.places].flatMap(([backend, { all }]) =>
          all.map(({ instance, breaker, underWay, calls, failures }) => ({
            ...{ backend, instance: instance.name, circuit: breaker.state, under_way: underWay, calls, failures },
          })),
        ),
      }),
    }),
  ];
}

function headerOf(line: string): [name: string, value: string] {
  const at = line.indexOf(':');
  return [line.slice(0, at), line.slice(at + 1).trim()];
}

function userOf(host: Host<RpcConfig>, text: string): Jid {
  try {
    const jid = Jid.parse(text);
    if (jid.local !== '' && jid.domain === host.domain.domain) return jid;
  } catch (error) {
    if (error instanceof JidError)
      throw new StanzaError('jid-malformed', `${text}: ${error.message}`, { cause: error });
    throw error;
  }
  throw new StanzaError('item-not-found', `${text} is no user of ${host.domain}`);
}
