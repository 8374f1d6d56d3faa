/** XEP-0045 §8, §9: who asks for a change */
import type { Jid } from '#core';
import { ROLES, type Role, type Standing } from './privileges.ts';
import type { Room } from './room.ts';

export interface Actor extends Standing {
  /** The bare JID. */
  readonly user: Jid;
  /** Undefined for somebody who is not in the room. */
  readonly nick: string | undefined;
}

/** §8: a moderator is known by his bare JID, whichever of his clients asks. */
export function actorOf(room: Room, from: Jid): Actor {
  const user = from.bare();
  const own = room.visit(from)?.occupant;
  const [occupant] = own ? [own] : room.occupantsOf(user).sort((a, b) => rank(b.role) - rank(a.role));
  return {
    user,
    nick: occupant?.nick,
    role: occupant?.role ?? 'none',
    affiliation: room.affiliationOf(user),
  };
}

function rank(role: Role): number {
  return ROLES.indexOf(role);
}
