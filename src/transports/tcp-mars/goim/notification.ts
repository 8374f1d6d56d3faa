/** docs/protocol/rpc.md §5: what a service tells a user, as a push */
import { create, toBinary } from '@bufbuild/protobuf';
import { Message, type Stanza } from '#core';
import { ServerPushSchema } from '#protocol/goim';
import { notificationIn } from '../stanza-mapping/notification.ts';

const NOTHING = new Uint8Array(0);

/** A ServerPush; undefined where the stanza is something else, or not from the host itself. */
export function pushIn(stanza: Stanza): Uint8Array | undefined {
  const notification = stanza instanceof Message ? notificationIn(stanza) : undefined;
  if (notification === undefined) return undefined;
  const { serviceName = '', methodName = '', headers = {}, responseBuffer: pushBuffer = NOTHING } = notification;
  return toBinary(ServerPushSchema, create(ServerPushSchema, { serviceName, methodName, headers, pushBuffer }));
}
