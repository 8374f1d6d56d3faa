/** docs/protocol/rpc.md §5: what services tell users */
import { randomUUID } from 'node:crypto';
import { type Host, type Jid, type Message, message, type RpcNotification } from '#core';
import type { RpcConfig } from './config.ts';
import { checkNotification } from './rules.ts';
import { notifyElement } from './stanzas.ts';

/** For as many users as one likes: it is written once. @throws StanzaError bad-request, policy-violation */
export function notificationStanza({ config, domain: from }: Host<RpcConfig>, notification: RpcNotification): Message {
  checkNotification(notification, config);
  return message({ type: 'headline', id: randomUUID(), from }, notifyElement(notification));
}

/**
 * To every session of a user, also one that has sent no presence: a game need not have contacts.
 *
 * @param to a user, or one session
 * @returns how many sessions
 */
export function tell(host: Host<RpcConfig>, to: Jid, notification: Message): number {
  const sessions = to.isBare ? host.sessions(to) : [host.session(to)].filter((session) => session !== undefined);
  for (const { jid } of sessions) void host.route(notification.with({ to: jid }));
  return sessions.length;
}
