/** XEP-0160 §3, XEP-0334 §4: which messages wait for the user */
import { type Message, NS_STANZA_ID } from '#core';

const NS_HINTS = 'urn:xmpp:hints';
const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
/** What may stand beside a chat state without being content: hints, and stanza ids (XEP-0359). */
const NS_BESIDE: readonly string[] = [NS_CHAT_STATES, NS_HINTS, NS_STANZA_ID];

export type Fate = 'kept' | 'dropped' | 'refused';

export function fateOf(message: Message): Fate {
  const { type } = message;
  if (type !== 'normal' && type !== 'chat') return 'refused'; // §3: groupchat, headline, error
  if (message.child('no-store', NS_HINTS) === undefined) {
    // XEP-0334 §4.4: what the sender wants stored is no passing state.
    if (type === 'normal' || !isOnlyChatState(message) || message.child('store', NS_HINTS)) return 'kept';
    return 'dropped';
  }
  // RFC 6121 §8.5.2.2.1: the sender learns what was not stored; but nobody waits for the answer to a chat state.
  return isOnlyChatState(message) ? 'dropped' : 'refused';
}

/** XEP-0085 §5.6; a thread is part of it (§5.7). */
function isOnlyChatState(message: Message): boolean {
  if (message.childNs(NS_CHAT_STATES) === undefined) return false;
  return message.elements().every((child) => NS_BESIDE.includes(child.ns) || child.is('thread', message.ns));
}
