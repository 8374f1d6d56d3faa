/** XEP-0045 §7.6, §7.7: another nickname, another presence */
import { type Jid, type Presence, StanzaError } from '#core';
import type { Service } from './config.ts';
import { checkNick } from './join.ts';
import { takeCredit } from './message-rate.ts';
import type { Room, Visit } from './room.ts';
import { changePresence, Farewell, showToAll } from './show.ts';

/** §7.7 */
export function changeAvailability(service: Service, room: Room, visit: Visit, sent: Presence): void {
  takeCredit(service, visit.occupant);
  changePresence(visit, sent);
  showToAll(service, room, visit.occupant);
}

/** §7.6: the client sent presence to another nickname than the one it has. All clients of the occupant change with it. */
export function changeNick(service: Service, room: Room, visit: Visit, sent: Presence): void {
  const { occupant } = visit;
  const to = sent.to as Jid;
  takeCredit(service, occupant);
  checkNick(service, to.resource);
  if (room.occupant(to.resource) !== undefined || room.isTaken(to.resource, occupant.user)) {
    throw new StanzaError('conflict', 'the nickname is in use');
  }
  const farewell = new Farewell(service, room, occupant, { statuses: [303], nick: to.resource });
  farewell.toSelf(occupant.visits);
  farewell.toOthers();
  room.rename(occupant, to);
  changePresence(visit, sent);
  showToAll(service, room, occupant);
}
