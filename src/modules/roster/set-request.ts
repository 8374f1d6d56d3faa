/** RFC 6121 §2.1.5, §2.3.3: what a client may ask to be set */
import { type Element, type Iq, Jid, JidError, StanzaError } from '#core';
import { NS_ROSTER } from './item.ts';

export interface RosterSetLimits {
  /** Characters of a name, and of a group. */
  readonly max_name: number;
  readonly max_group: number;
  /** Groups of one item. */
  readonly max_groups: number;
}

export interface RosterSet {
  readonly contact: Jid;
  /** §2.5; name and groups mean nothing then. */
  readonly isRemoval: boolean;
  readonly name: string;
  readonly groups: readonly string[];
}

/**
 * Reads a roster set. The attributes ask, approved, and subscription with another value than remove are not the client's
 * to set and are ignored (§2.1.2).
 *
 * @throws StanzaError bad-request, jid-malformed, not-allowed, not-acceptable
 */
export function readRosterSet(iq: Iq, owner: Jid, limits: RosterSetLimits): RosterSet {
  const [item, ...others] = iq.payload?.elements('item') ?? [];
  if (item === undefined || others.length > 0) throw new StanzaError('bad-request', 'a roster set has one item');
  const contact = contactOf(item, owner);
  if (item.attr('subscription') === 'remove') return { contact, isRemoval: true, name: '', groups: [] };
  const name = item.attr('name') ?? '';
  if (name.length > limits.max_name) throw new StanzaError('not-acceptable', 'the name is too long');
  return { contact, isRemoval: false, name, groups: groupsOf(item, limits) };
}

function contactOf(item: Element, owner: Jid): Jid {
  const text = item.attr('jid');
  if (text === undefined) throw new StanzaError('bad-request', 'an item needs a JID');
  const contact = parse(text);
  if (!contact.isBare) throw new StanzaError('bad-request', 'a contact is a bare JID');
  // §2.3.3, Interoperability Note
  if (contact.equals(owner)) throw new StanzaError('not-allowed', 'nobody is a contact of their own');
  return contact;
}

function parse(text: string): Jid {
  try {
    return Jid.parse(text);
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message);
    throw error;
  }
}

function groupsOf(item: Element, limits: RosterSetLimits): readonly string[] {
  const groups = item.elements('group', NS_ROSTER).map((group) => group.text());
  if (groups.includes('')) throw new StanzaError('not-acceptable', 'a group needs a name');
  if (groups.some((group) => group.length > limits.max_group)) {
    throw new StanzaError('not-acceptable', 'the name of a group is too long');
  }
  if (groups.length > limits.max_groups) throw new StanzaError('not-acceptable', 'too many groups');
  if (new Set(groups).size < groups.length) throw new StanzaError('bad-request', 'a group is named twice');
  return groups;
}
