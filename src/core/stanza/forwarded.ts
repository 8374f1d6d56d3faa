/** XEP-0297: Stanza Forwarding */
import { type Element, ns } from '../xml/index.ts';
import { delayStamp } from './delay.ts';

const forward = ns('urn:xmpp:forward:0');

/**
 * The stanza inside a payload of another protocol, such as a carbon or a result from an archive.
 *
 * @param at when it was received, in milliseconds since 1970; not said of what is passed on at once
 */
export function forwarded(stanza: Element, at?: number): Element {
  return forward('forwarded', {}, at === undefined ? undefined : delayStamp(at), stanza);
}
