/** XEP-0410 §3.3: a client asks whether it is still in the room, and the room answers for itself */
import type { Iq } from '#core';
import type { Occupant } from './room.ts';

const NS_PING = 'urn:xmpp:ping';
export const NS_SELF_PING = 'http://jabber.org/protocol/muc#self-ping-optimization';

export function isSelfPing(iq: Iq, sender: Occupant, receiver: Occupant): boolean {
  return sender === receiver && iq.type === 'get' && iq.payload?.is('ping', NS_PING) === true;
}
