/** XEP-0045 §8.5, §9.2, §9.5, §9.8, §10.5, §10.8: who is what in a room */
import { type Element, ns, StanzaError } from '#core';
import type { Actor } from './actor.ts';
import { NS_MUC_ADMIN } from './namespaces.ts';
import { type Affiliation, affiliationIs, affiliationMay, moderates, type Role, roleIs } from './privileges.ts';
import type { Room } from './room.ts';

const muc = ns(NS_MUC_ADMIN);

/** Occupants with a role. @throws StanzaError forbidden */
export function listOccupants(room: Room, actor: Actor, role: Role): Element {
  const may = role === 'moderator' ? affiliationMay(actor.affiliation, 'assignModerators') : moderates(actor);
  if (!may) throw new StanzaError('forbidden', 'this list is not for you');
  const items: Element[] = [];
  for (const occupant of room.occupants) {
    if (occupant.role !== role) continue;
    const affiliation = room.affiliationOf(occupant.user);
    const jid = occupant.shown?.jid.toString();
    items.push(muc('item', { affiliation, jid, nick: occupant.nick, role }));
  }
  return muc('query', {}, items);
}

/** Users with an affiliation, in the room or not. @throws StanzaError forbidden */
export function listAffiliated(room: Room, actor: Actor, affiliation: Affiliation): Element {
  if (!mayList(room, actor, affiliation)) throw new StanzaError('forbidden', 'this list is not for you');
  const items: Element[] = [];
  for (const [jid, { affiliation: own, nick, reason }] of room.affiliated) {
    if (own !== affiliation) continue;
    items.push(muc('item', { affiliation, jid, nick }, reason === undefined ? undefined : muc('reason', {}, reason)));
  }
  return muc('query', {}, items);
}

/** §5.2.1, §9.5, §10.5: JIDs are told where everybody knows them anyway. */
function mayList({ config }: Room, { role, affiliation: own }: Actor, affiliation: Affiliation): boolean {
  const isOpen = config.whois === 'anyone';
  const isInside = role !== 'none' || affiliationMay(own, 'retrieveMemberList');
  switch (affiliation) {
    case 'owner':
    case 'admin':
      return affiliationMay(own, 'editAdminList') || (isOpen && isInside);
    case 'member':
      if (affiliationIs(own, 'admin') || (isOpen && affiliationMay(own, 'retrieveMemberList'))) return true;
      return config.memberList.includes(role) && (isOpen || roleIs(role, 'moderator'));
    default:
      return affiliationMay(own, 'ban');
  }
}
