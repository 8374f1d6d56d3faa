/** docs/protocol/rpc.md §5: what a service tells a user, in the fields that answers of calls have */
import type { Message } from '#core';
import type { RpcOutput } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { hasOnly } from './extension.ts';
import { NS_RPC } from './namespaces.ts';

/** Undefined when the message is something else, or not of the server: a game trusts what is in these fields. */
export function notificationIn({ children, from, to }: Message): Draft<RpcOutput> | undefined {
  const element = children[0];
  if (element === undefined || typeof element === 'string' || !element.is('notify', NS_RPC)) return undefined;
  if (children.length > 1 || from === undefined || from.local !== '' || !from.isBare) return undefined;
  if (from.domain !== to?.domain || !hasOnly(element, 'service', 'type')) return undefined;
  const { service: serviceName = '', type: methodName = '' } = element.attrs;
  const headers = element
    .elements('header')
    .map((header): [string, string] => [header.attrs.name ?? '', header.text()]);
  return {
    ...{ serviceName, methodName, headers: Object.fromEntries(headers) },
    responseBuffer: Buffer.from(element.childText('body') ?? '', 'base64'),
  };
}
