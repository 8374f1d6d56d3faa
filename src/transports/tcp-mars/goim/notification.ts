/** docs/protocol/rpc.md §5: what a service tells a user, as a push */
import { create, toBinary } from '@bufbuild/protobuf';
import type { Stanza, VirtualHost } from '#core';
import { ServerPushSchema } from '#protocol/goim';

const NS_RPC = 'urn:tharsis:rpc:0';

/** A ServerPush; undefined where the stanza is something else, or not from the host itself. */
export function notificationIn(stanza: Stanza, { domain }: VirtualHost): Uint8Array | undefined {
  const isOfHost = stanza.kind === 'message' && stanza.from?.equals(domain);
  const notify = isOfHost ? stanza.child('notify', NS_RPC) : undefined;
  if (notify === undefined) return undefined;
  const { service: serviceName = '', type: methodName = '' } = notify.attrs;
  const headers = Object.fromEntries(
    notify.elements('header').map((header) => [header.attrs.name ?? '', header.text()] as const),
  );
  const pushBuffer = Buffer.from(notify.childText('body') ?? '', 'base64');
  return toBinary(ServerPushSchema, create(ServerPushSchema, { serviceName, methodName, headers, pushBuffer }));
}
