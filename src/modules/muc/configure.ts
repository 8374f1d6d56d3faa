/** XEP-0045 §10.2, §10.2.1: what a changed configuration does to a room, and who is told */
import { message, ns } from '#core';
import type { Service } from './config.ts';
import { changeRole, type Tell } from './give-role.ts';
import { remove } from './leave.ts';
import { toAll } from './message.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { affiliationMay } from './privileges.ts';
import type { Room } from './room.ts';
import type { RoomConfig } from './room-config.ts';
import { Farewell, isBroadcast, showToOthers } from './show.ts';

const muc = ns(NS_MUC_USER);

/** §10.1: the first configuration. Nobody but owners has been in the room. */
export function open(service: Service, room: Room, next: RoomConfig): Tell[] {
  const codes = privacyCodes(room.config, next);
  room.isLocked = false;
  room.config = next;
  return codes.length === 0 ? [] : [() => tellStatus(service, room, codes)];
}

export function configure(service: Service, room: Room, next: RoomConfig): Tell[] {
  const before = room.config;
  const codes = privacyCodes(before, next);
  if (codes.length === 0 && JSON.stringify(before) !== JSON.stringify(next)) codes.push(104);
  const occupants = [...room.occupants];
  const revealed = occupants.filter((one) => !isBroadcast(room, one) && next.broadcast.includes(one.role));
  const hidden = occupants
    .filter((one) => isBroadcast(room, one) && !next.broadcast.includes(one.role))
    .map((one) => new Farewell(service, room, one, {}));
  room.config = next;
  const tells: Tell[] = codes.length === 0 ? [] : [() => tellStatus(service, room, codes)];
  tells.push(() => {
    for (const farewell of hidden) farewell.toOthers();
    for (const occupant of revealed) if (room.occupant(occupant.nick)) showToOthers(service, room, occupant);
  });
  for (const occupant of occupants) {
    occupant.presences = {};
    if (next.isMembersOnly && !affiliationMay(room.affiliationOf(occupant.user), 'enterMembersOnlyRoom')) {
      tells.push(remove(service, room, occupant, { statuses: [322] }));
    } else if (before.isModerated && !next.isModerated && occupant.role === 'visitor') {
      tells.push(changeRole(service, room, occupant, room.roleFor(occupant.user)));
    }
  }
  return tells;
}

/** §10.2.1 */
function privacyCodes(before: RoomConfig, next: RoomConfig): number[] {
  const codes: number[] = [];
  if (next.isLogged !== before.isLogged) codes.push(next.isLogged ? 170 : 171);
  if (next.whois !== before.whois) codes.push(next.whois === 'anyone' ? 172 : 173);
  return codes;
}

/** §10.2.1 */
export function tellStatus(service: Service, room: Room, codes: readonly number[]): void {
  const statuses = codes.map((code) => muc('status', { code: String(code) }));
  toAll(service, room, message({ type: 'groupchat', from: room.jid }, muc('x', {}, statuses)));
}
