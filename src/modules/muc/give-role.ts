/** XEP-0045 §5.1.3: an occupant gets another role, whatever the reason */
import type { Service } from './config.ts';
import type { Role } from './privileges.ts';
import type { Occupant, Room } from './room.ts';
import { Farewell, isBroadcast, type Notice, showToAll, showToSelf } from './show.ts';

/** What tells the others of a change. */
export type Tell = () => void;

/** Gives an occupant another role. Where that hides his presence, the others see him go. */
export function changeRole(service: Service, room: Room, occupant: Occupant, role: Role, notice: Notice = {}): Tell {
  const wasShown = isBroadcast(room, occupant);
  const farewell = new Farewell(service, room, occupant, {});
  occupant.role = role;
  occupant.presences = {};
  return () => {
    if (!wasShown || isBroadcast(room, occupant)) return showToAll(service, room, occupant, notice);
    farewell.toOthers();
    showToSelf(service, room, occupant, notice);
  };
}
