/** docs/protocol/rpc.md §5: what services tell users */
import { randomUUID } from 'node:crypto';
import { type Host, type Jid, message, type RpcNotification } from '#core';
import type { RpcConfig } from './config.ts';
import { checkNotification } from './rules.ts';
import { notifyElement } from './stanzas.ts';

/** To every session, also one that has sent no presence: a game need not have contacts. */
export function notify(host: Host<RpcConfig>, to: Jid, notification: RpcNotification): number {
  checkNotification(notification, host.config);
  const sessions = to.isBare ? host.sessions(to) : [host.session(to)].filter((session) => session !== undefined);
  if (sessions.length === 0) return 0;
  const stanza = message({ type: 'headline', id: randomUUID(), from: host.domain }, notifyElement(notification));
  for (const { jid } of sessions) void host.route(stanza.with({ to: jid }));
  return sessions.length;
}
