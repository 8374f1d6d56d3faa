/** XEP-0045 §11.1, §18.1.2: occupants that are not there any more */
import { type Stanza, StanzaError } from '#core';
import type { Service } from './config.ts';
import { leave } from './leave.ts';
import type { Room } from './room.ts';

/** §18.1.2: what tells that a stanza of the room did not arrive. */
const UNDELIVERED: ReadonlySet<string> = new Set([
  'gone',
  'item-not-found',
  'recipient-unavailable',
  'redirect',
  'remote-server-not-found',
  'remote-server-timeout',
]);

/** Something of the room came back to it. @param returned an error */
export function removeGhost(service: Service, room: Room | undefined, returned: Stanza): void {
  if (room?.visit(returned.from) === undefined || !UNDELIVERED.has(StanzaError.from(returned).condition)) return;
  // Later: the room may be telling its occupants something, to all in the same order.
  queueMicrotask(() => {
    const visit = room.visit(returned.from);
    if (visit !== undefined) leave(service, room, visit, undefined, { statuses: [333] });
  });
}
