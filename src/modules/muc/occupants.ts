/** Who is in a room, a page at a time, for those who are there: docs/rooms.md tells of it */
import { type Element, type Jid, NS_RSM, ns, pageElement, readPageRequest, StanzaError } from '#core';
import type { Service } from './config.ts';
import { takeCredit } from './message-rate.ts';
import type { Occupant, Room } from './room.ts';
import type { RoomIqs } from './room-iqs.ts';
import { isBroadcast, knowsJids, presenceOf } from './show.ts';

const NS_OCCUPANTS = 'urn:x-tharsis:occupants';
const query = ns(NS_OCCUPANTS);
const MOST = 100;
/** Presences of a page have about so many characters at most. */
const PAGE_SIZE = 65_536;

export function answerOccupants(service: Service, iqs: RoomIqs): void {
  for (const feature of [NS_OCCUPANTS, NS_RSM]) service.host.feature(feature, 'account');
  iqs.on('get', 'query', NS_OCCUPANTS, (room, iq) => {
    const asker = room.visit(iq.from as Jid)?.occupant;
    if (asker === undefined) throw new StanzaError('not-acceptable', 'who is here is for those who are here');
    takeCredit(service, asker);
    const { max = MOST, after, before, index } = readPageRequest(iq.payload);
    if (before !== undefined || index !== undefined) {
      throw new StanzaError('feature-not-implemented', 'pages go from the first occupant to the last');
    }
    if (after !== undefined && room.occupant(after) === undefined) {
      throw new StanzaError('item-not-found', `${after} is not here any more`);
    }
    return page(room, asker, after, Math.min(max, MOST));
  });
}

/** In the order in which they came. */
function page(room: Room, asker: Occupant, after: string | undefined, most: number): Element {
  const isKnown = knowsJids(room, asker);
  const shown: Element[] = [];
  const nicks: string[] = [];
  let size = 0;
  let isAfter = after === undefined;
  let isComplete = true;
  for (const occupant of room.occupants) {
    if (isAfter && (occupant === asker || isBroadcast(room, occupant))) {
      const presence = presenceOf(room, occupant, isKnown);
      size += presence.size;
      isComplete = shown.length < most && (shown.length === 0 || size <= PAGE_SIZE);
      if (!isComplete) break;
      shown.push(presence);
      nicks.push(occupant.nick);
    }
    isAfter ||= occupant.nick === after;
  }
  const set = pageElement({ first: nicks[0], last: nicks.at(-1), count: room.size });
  return query('query', { complete: isComplete ? 'true' : undefined }, shown, set);
}
