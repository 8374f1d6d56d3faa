/** docs/protocol/rpc.md §8.2: a service tells users something, by a message of NATS */
import type { Msg } from '@nats-io/transport-node';
import { Jid, JidError, type RpcBackendHost, StanzaError } from '#core';
import { headersOf } from './headers.ts';

const TO = 'tharsis-to';

/** Never throws: who publishes does not wait for an answer. */
export function notified({ notify, log }: RpcBackendHost, message: Msg, prefix: string): void {
  const names = message.subject.slice(prefix.length + 1);
  const at = names.lastIndexOf('.');
  const headers = headersOf(message);
  headers.delete(TO);
  const notification = {
    service: names.slice(0, Math.max(0, at)),
    type: names.slice(at + 1),
    body: message.data,
    headers,
  };
  for (const to of message.headers?.values(TO) ?? []) {
    try {
      notify(Jid.parse(to), notification);
    } catch (err) {
      const isTheirs = err instanceof StanzaError || err instanceof JidError;
      const at = { err, subject: message.subject, to };
      if (isTheirs) log.warn(at, 'a notification was refused');
      else log.error(at, 'a notification failed');
    }
  }
}
