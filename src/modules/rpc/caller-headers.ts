/** docs/protocol/rpc.md §3.3: what a service is told by the server, and can rely on */
import { randomBytes } from 'node:crypto';
import type { ClientSession, RpcCall } from '#core';

export function callerHeaders({ user, jid, userAgent }: ClientSession, { id, trace }: RpcCall): [string, string][] {
  const headers: [string, string][] = [
    ['tharsis-user', user.toString()],
    ['tharsis-session', jid.toString()],
    ['tharsis-trace', trace || randomBytes(16).toString('hex')],
  ];
  if (userAgent?.id !== undefined) headers.push(['tharsis-device', userAgent.id]);
  if (id) headers.push(['tharsis-id', id]);
  return headers;
}
