/** XEP-0203: Delayed Delivery */
import type { Jid } from '../jid/index.ts';
import { type Element, ns } from '../xml/index.ts';
import type { Stanza } from './stanza.ts';

const NS_DELAY = 'urn:xmpp:delay';
const delay = ns(NS_DELAY);

/**
 * §2: the stamp of something held back.
 *
 * @param at when it was sent, in milliseconds since 1970; written as XEP-0082 has it, in UTC
 * @param from who held it back
 */
export function delayStamp(at: number, from?: Jid): Element {
  return delay('delay', { from: from?.toString(), stamp: new Date(at).toISOString() });
}

/**
 * The stanza with the stamp of its delay. A stanza carries one stamp only, that of when it was sent first (§2), so one by
 * somebody else stays. One in the name of `from` that it came with is forged (§6), and replaced.
 *
 * @param at when the stanza was received, in milliseconds since 1970
 * @param from who held it back, such as the virtual host
 */
export function delayed<S extends Stanza>(stanza: S, at: number, from: Jid): S {
  const stamps = stanza.elements('delay', NS_DELAY);
  const forged = stamps.filter((stamp) => stamp.attr('from') === from.toString());
  if (stamps.length > forged.length) return stanza;
  const rest =
    forged.length === 0 ? stanza.children : stanza.children.filter((node) => !forged.includes(node as Element));
  return stanza.withChildren([...rest, delayStamp(at, from)]);
}

/** The stanza with a stamp: its own when it has one, whoever put it there. For what the server itself sends another time. */
export function stamped<S extends Stanza>(stanza: S, at: number, from: Jid): S {
  return stanza.child('delay', NS_DELAY) === undefined ? delayed(stanza, at, from) : stanza;
}
