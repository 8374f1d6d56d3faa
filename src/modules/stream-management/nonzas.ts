/** XEP-0198 §3-6: the elements of stream management */
import { type Element, NS_STANZAS, ns, type StanzaCondition, StreamError } from '#core';

export const NS_SM = 'urn:xmpp:sm:3';
export const sm = ns(NS_SM);
const conditions = ns(NS_STANZAS);

export const feature = sm('sm'); // §2
export const askForAck = sm('r'); // §4

/** §6. @param handled of a session that is over, where that is known (§5) */
export function failed(condition: StanzaCondition, handled?: number): Element {
  return sm('failed', { h: handled?.toString() }, conditions(condition));
}

/** §6 */
export function countTooHigh(handled: number, sent: number): StreamError {
  return new StreamError(
    'undefined-condition',
    `You acknowledged ${handled} stanzas, but I only sent you ${sent} so far.`,
    {
      application: sm('handled-count-too-high', { h: String(handled), 'send-count': String(sent) }),
    },
  );
}

/** The attribute h, a number modulo 2^32 (§4); undefined when it is not there or none. */
export function count({ attrs: { h } }: Element): number | undefined {
  return h !== undefined && /^\d{1,10}$/.test(h) && Number(h) < 2 ** 32 ? Number(h) : undefined;
}
