/** XEP-0357 §7: which messages are worth waking somebody up */
import type { Message } from '#core';

const NS_HINTS = 'urn:xmpp:hints';

/** What has something to say, or calls. Not what tells of other messages, such as receipts, markers and chat states. */
export function isImportant(message: Message): boolean {
  const { type } = message;
  if (type === 'error' || type === 'headline' || message.child('no-store', NS_HINTS) !== undefined) return false;
  if (type === 'groupchat' && message.child('subject') !== undefined) return false;
  if (message.childText('body')) return true;
  return isEncrypted(message) || isCall(message) || isInvitation(message);
}

/** XEP-0380, XEP-0384 */
function isEncrypted(message: Message): boolean {
  return message.childNs('urn:xmpp:eme:0') !== undefined || message.childNs('urn:xmpp:omemo:2') !== undefined;
}

/** XEP-0353 */
function isCall(message: Message): boolean {
  return message.child('propose', 'urn:xmpp:jingle-message:0') !== undefined;
}

/** To a room: through it (XEP-0045 §7.8.2), or direct (XEP-0249) */
function isInvitation(message: Message): boolean {
  const mediated = message.child('x', 'http://jabber.org/protocol/muc#user')?.child('invite');
  return mediated !== undefined || message.child('x', 'jabber:x:conference') !== undefined;
}
