/** XEP-0045 §7.8.2: an invitation as the room sends it */
import { type Element, type Jid, type Message, message, ns } from '#core';
import { NS_MUC_USER } from './namespaces.ts';
import type { Room } from './room.ts';

const muc = ns(NS_MUC_USER);

/** With what is needed to enter. @param from the bare JID of who invites */
export function invitation(room: Room, to: Jid, from: Jid, passedOn: readonly Element[] = []): Message {
  const { isPasswordProtected, password } = room.config;
  const x = muc(
    'x',
    {},
    muc('invite', { from: from.toString() }, passedOn),
    isPasswordProtected ? muc('password', {}, password) : undefined,
  );
  return message({ from: room.jid, to }, x);
}
