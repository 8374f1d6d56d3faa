/** XEP-0045 §8.2 to §8.5, §9.6 to §9.8: kicks, voice, moderators */
import { StanzaError } from '#core';
import type { Actor } from './actor.ts';
import type { Service } from './config.ts';
import { changeRole, type Tell } from './give-role.ts';
import { remove } from './leave.ts';
import { mute } from './mute.ts';
import { checkRoleChange, defaultRole, type Role } from './privileges.ts';
import type { Occupant, Room } from './room.ts';

/** Users whose role is remembered; the one who got it first is forgotten first. */
const MAX_REMEMBERED = 1_000;

export interface RoleChange {
  readonly nick: string;
  readonly role: Role;
  readonly reason: string | undefined;
}

/** @throws StanzaError for the first of these changes that the actor must not make; then none is made */
export function checkRoleChanges(room: Room, actor: Actor, changes: readonly RoleChange[]): void {
  for (const { nick, role } of changes) {
    const occupant = room.occupant(nick);
    if (occupant === undefined) throw new StanzaError('item-not-found', `${nick} is not in this room`);
    checkRoleChange(actor, { role: occupant.role, affiliation: room.affiliationOf(occupant.user) }, role);
    if (role === 'none' && occupant.user.equals(actor.user)) {
      throw new StanzaError('conflict', 'nobody kicks himself'); // §8.2
    }
  }
}

/** Who is kicked learns of it at once (§8.2), the others by what is returned. */
export function changeRoles(service: Service, room: Room, actor: Actor, changes: readonly RoleChange[]): Tell[] {
  return changes.flatMap(({ nick, role, reason }) => {
    const occupant = room.occupant(nick);
    if (occupant === undefined) return []; // twice in one request
    if (role === 'none') return remove(service, room, occupant, { statuses: [307], actor: actor.nick, reason });
    rememberRole(service, room, occupant, role);
    return changeRole(service, room, occupant, role, { reason });
  });
}

/** §5.1: voice that was granted or revoked is so at the next visit as well. */
function rememberRole(service: Service, room: Room, { user }: Occupant, role: Role): void {
  const key = user.toString();
  forgetRole(room, key);
  if (role !== 'moderator' && role !== defaultRole(room.affiliationOf(user), room.config.isModerated)) {
    room.roles.set(key, role);
    if (role === 'visitor') mute(service, room, user);
    const [oldest] = room.roles.keys();
    if (room.roles.size > MAX_REMEMBERED && oldest !== undefined) forgetRole(room, oldest);
  }
  service.rooms.saveLater(room);
}

function forgetRole(room: Room, user: string): void {
  room.roles.delete(user);
  room.mutes.delete(user);
}
