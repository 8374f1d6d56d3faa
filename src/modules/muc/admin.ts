/** XEP-0045 §8, §9, §10.3 to §10.8, §17.4: requests in muc#admin */
import { type Element, type Iq, Jid, JidError, prepareResource, StanzaError } from '#core';
import { type Actor, actorOf } from './actor.ts';
import { type AffiliationChange, changeAffiliations, checkAffiliationChanges } from './affiliation.ts';
import type { Service } from './config.ts';
import { listAffiliated, listOccupants } from './lists.ts';
import { NS_MUC_ADMIN } from './namespaces.ts';
import { isAffiliation, isRole } from './privileges.ts';
import { changeRoles, checkRoleChanges, type RoleChange } from './role.ts';
import type { Room } from './room.ts';
import type { RoomIqs, ThenTell } from './room-iqs.ts';

export function answerAdmin(service: Service, iqs: RoomIqs): void {
  iqs.on('get', 'query', NS_MUC_ADMIN, (room, iq) => {
    const items = itemsOf(iq);
    const { role, affiliation } = items[0]?.attrs ?? {};
    if (items.length !== 1 || (role === undefined) === (affiliation === undefined)) {
      throw new StanzaError('bad-request', 'one list is asked for, by role or by affiliation');
    }
    const actor = actorOf(room, iq.from as Jid);
    if (isRole(role) && role !== 'none') return listOccupants(room, actor, role);
    if (isAffiliation(affiliation) && affiliation !== 'none') return listAffiliated(room, actor, affiliation);
    throw new StanzaError('bad-request', 'there is no such list');
  });

  iqs.on('set', 'query', NS_MUC_ADMIN, async (room, iq) => {
    const items = itemsOf(iq);
    if (items.length === 0) throw new StanzaError('bad-request', 'nothing to change');
    return change(service, room, actorOf(room, iq.from as Jid), items);
  });
}

/** All of what is asked for, or nothing. */
async function change(service: Service, room: Room, actor: Actor, items: readonly Element[]): Promise<ThenTell> {
  const roles: RoleChange[] = [];
  const affiliations: AffiliationChange[] = [];
  for (const item of items) {
    const { role, affiliation } = item.attrs;
    // §17.4
    if ((role === undefined) === (affiliation === undefined)) {
      throw new StanzaError('bad-request', 'an item has a role or an affiliation, and not both');
    }
    if (role === undefined) affiliations.push(readAffiliation(item));
    else roles.push(readRole(item));
  }
  if (roles.length > 0) checkRoleChanges(room, actor, roles);
  if (affiliations.length > 0) checkAffiliationChanges(service, room, actor, affiliations);
  const tells = changeRoles(service, room, actor, roles);
  if (affiliations.length > 0) tells.push(...(await changeAffiliations(service, room, actor, affiliations)));
  return {
    tell() {
      for (const tell of tells) tell();
    },
  };
}

function itemsOf(iq: Iq): Element[] {
  return iq.payload?.elements('item') ?? [];
}

function readRole(item: Element): RoleChange {
  const { nick, role } = item.attrs;
  if (!isRole(role)) throw new StanzaError('bad-request', 'a role is moderator, participant, visitor or none');
  if (nick === undefined) throw new StanzaError('bad-request', 'a role is that of a nickname');
  return { nick, role, reason: item.childText('reason') };
}

/** §10.3: of a full JID, the bare one. */
function readAffiliation(item: Element): AffiliationChange {
  const { jid, affiliation, nick } = item.attrs;
  if (!isAffiliation(affiliation)) throw new StanzaError('bad-request', 'there is no such affiliation');
  if (jid === undefined) throw new StanzaError('bad-request', 'an affiliation is that of a JID');
  try {
    const reserved = nick && prepareResource(nick);
    return { user: Jid.parse(jid).bare(), affiliation, nick: reserved, reason: item.childText('reason') };
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
}
