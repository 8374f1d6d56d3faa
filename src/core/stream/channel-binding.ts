/** XEP-0440: the channel bindings of a link, beside its mechanisms */
import type { ChannelBindingType } from '../auth/index.ts';
import { type Element, ns } from '../xml/index.ts';

const binding = ns('urn:xmpp:sasl-cb:0');

/** §3 */
export function channelBindingFeature(types: readonly ChannelBindingType[]): Element[] {
  if (types.length === 0) return [];
  return [binding('sasl-channel-binding', {}, ...types.map((type) => binding('channel-binding', { type })))];
}
