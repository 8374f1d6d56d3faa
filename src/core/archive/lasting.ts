/** XEP-0313 §6.1: what is worth keeping */
import type { Message } from '../stanza/index.ts';
import { NS_CLIENT } from '../xml/index.ts';

const NS_HINTS = 'urn:xmpp:hints';

/** Content that is worth keeping where there is no body: it says something about the conversation that lasts. */
const CONTENT: ReadonlySet<string> = new Set([
  'urn:xmpp:receipts', // XEP-0184
  'urn:xmpp:chat-markers:0', // XEP-0333
  'urn:xmpp:message-correct:0', // XEP-0308
  'urn:xmpp:message-retract:1', // XEP-0424
  'urn:xmpp:reactions:0', // XEP-0444
  'jabber:x:conference', // XEP-0249
  'jabber:x:encrypted', // XEP-0027
  'urn:xmpp:eme:0', // XEP-0380
  'urn:xmpp:openpgp:0', // XEP-0373
  'eu.siacs.conversations.axolotl', // XEP-0384 before version 0.4
  'urn:xmpp:omemo:2', // XEP-0384
]);

/**
 * Messages that have a body or other lasting content, so not chat states alone. The sender's hints (XEP-0334) count for more
 * than the content.
 */
export function hasLastingContent({ children }: Message): boolean {
  let isContent = false;
  for (const node of children) {
    if (typeof node === 'string') continue;
    const { name, ns } = node;
    if (ns === NS_HINTS) {
      if (name === 'no-store' || name === 'no-permanent-store') return false;
      isContent ||= name === 'store';
    } else if (ns === NS_CLIENT) {
      isContent ||= name === 'body';
    } else {
      isContent ||= CONTENT.has(ns);
    }
  }
  return isContent;
}
