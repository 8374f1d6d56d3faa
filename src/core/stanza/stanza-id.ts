/** XEP-0359: Unique and Stable Stanza IDs */
import { Jid } from '../jid/index.ts';
import { attributes, Element } from '../xml/index.ts';
import type { Stanza } from './stanza.ts';

export const NS_STANZA_ID = 'urn:xmpp:sid:0';

/** §2.1: `id` as `by` gave it, which is the address of an account or a room. */
export function stanzaId(by: Jid, id: string): Element {
  return new Element('stanza-id', NS_STANZA_ID, attributes({ by: by.toString(), id }));
}

/** The id that `by` gave the stanza: believable once forged ones were taken out. */
export function stanzaIdBy(stanza: Stanza, by: Jid): string | undefined {
  return stanza.elements('stanza-id', NS_STANZA_ID).find((element) => isStanzaId(element, by))?.attrs.id;
}

/** §3 rule 2: the stanza without what claims to be an id by `by`, which alone gives those. The same stanza when there is none. */
export function withoutStanzaIds<S extends Stanza>(stanza: S, by: Jid): S {
  if (!stanza.children.some((node) => isStanzaId(node, by))) return stanza;
  return stanza.withChildren(stanza.children.filter((node) => !isStanzaId(node, by)));
}

function isStanzaId(node: Element | string, by: Jid): boolean {
  if (typeof node === 'string' || !node.is('stanza-id', NS_STANZA_ID)) return false;
  return Jid.tryParse(node.attrs.by ?? '')?.equals(by) ?? false;
}
