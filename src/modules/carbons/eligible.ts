/** XEP-0280 §6.1: which messages are carbon-copied */
import type { Message } from '#core';

export const NS_CARBONS = 'urn:xmpp:carbons:2';
const NS_HINTS = 'urn:xmpp:hints';
const NS_MUC_USER = 'http://jabber.org/protocol/muc#user';
const NS_CONFERENCE = 'jabber:x:conference';
/** Delivery receipts (XEP-0184), chat states (XEP-0085), chat markers (XEP-0333) */
const INSTANT_MESSAGING = ['urn:xmpp:receipts', 'http://jabber.org/protocol/chatstates', 'urn:xmpp:chat-markers:0'];

/** Of any message but an error, whose fate is that of the message it answers. */
export function isEligible(message: Message, direction: 'sent' | 'received'): boolean {
  const { type } = message;
  if (type === 'groupchat') return false;
  // §9: private; also what is a carbon, or pretends to be one. XEP-0334 §4.3: no-copy.
  if (message.childNs(NS_CARBONS) !== undefined || message.child('no-copy', NS_HINTS) !== undefined) return false;
  // Rooms send private messages to each client that has joined.
  if (direction === 'received' && isFromOccupant(message)) return false;
  if (type === 'chat' || (type === 'normal' && message.child('body') !== undefined)) return true;
  return INSTANT_MESSAGING.some((ns) => message.childNs(ns) !== undefined) || isInvitation(message);
}

/** A private message to an occupant of a room (XEP-0045 §7.5). */
export function isToOccupant(message: Message): boolean {
  return message.to?.isBare === false && hasRoomMark(message);
}

function isFromOccupant(message: Message): boolean {
  return message.from?.isBare === false && hasRoomMark(message);
}

function hasRoomMark(message: Message): boolean {
  const mark = message.child('x', NS_MUC_USER);
  return mark !== undefined && mark.child('invite') === undefined;
}

/** Direct (XEP-0249) or mediated by the room (XEP-0045 §7.8.2). */
function isInvitation(message: Message): boolean {
  return (
    message.child('x', NS_CONFERENCE) !== undefined || message.child('x', NS_MUC_USER)?.child('invite') !== undefined
  );
}
