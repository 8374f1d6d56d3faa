/** XEP-0045 §11.2: the service shuts down */
import type { Service } from './config.ts';
import { Farewell } from './show.ts';

/** Each client is told of itself. Sessions that end from now on are nobody's news any more. */
export function stop(service: Service): void {
  for (const room of [...service.rooms.open]) {
    for (const occupant of [...room.occupants]) {
      const visits = [...occupant.visits];
      for (const visit of visits) room.leave(visit);
      new Farewell(service, room, occupant, { statuses: [332] }).toSelf(visits);
    }
    service.rooms.vacated(room);
  }
}
