/** XEP-0045 §7.14: leaving a room, and being removed from it */
import type { Presence } from '#core';
import type { Service } from './config.ts';
import type { Occupant, Room, Visit } from './room.ts';
import { Farewell, type Notice, showAnother, showToOthers } from './show.ts';

/** A client has left, by its own word or because it is not there any more. @param last what it said at last */
export function leave(service: Service, room: Room, visit: Visit, last?: Presence, notice: Notice = {}): void {
  const { occupant } = visit;
  const farewell = new Farewell(service, room, occupant, notice, last);
  room.leave(visit);
  farewell.toSelf([visit], last?.id);
  if (occupant.visits.length === 0) farewell.toOthers();
  else if (showAnother(visit)) showToOthers(service, room, occupant);
  closeIfEmpty(service, room);
}

/**
 * Takes an occupant out of the room with all his clients, and tells him.
 *
 * @returns what tells the others, to be called when the time has come
 */
export function remove(service: Service, room: Room, occupant: Occupant, notice: Notice): () => void {
  const visits = [...occupant.visits];
  const farewell = new Farewell(service, room, occupant, notice);
  for (const visit of visits) room.leave(visit);
  farewell.toSelf(visits);
  return () => {
    farewell.toOthers();
    closeIfEmpty(service, room);
  };
}

function closeIfEmpty({ rooms }: Service, room: Room): void {
  if (room.isEmpty && !room.isDestroyed) rooms.vacated(room);
}

/** Removes all of these occupants, and tells those that are left. */
export function removeAll(service: Service, room: Room, occupants: readonly Occupant[], notice: Notice): void {
  for (const tellOthers of occupants.map((occupant) => remove(service, room, occupant, notice))) tellOthers();
}
