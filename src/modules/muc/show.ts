/** XEP-0045 §7.2.2 to §7.2.4, §17.3: the presence of occupants as the room shows it */
import { type Element, ns, type Presence, presence } from '#core';
import type { Service } from './config.ts';
import { hatsOf, NS_HATS } from './hats.ts';
import { NS_MUC, NS_MUC_USER } from './namespaces.ts';
import { isOccupantId } from './occupant-id.ts';
import type { Occupant, Room, Visit } from './room.ts';

const muc = ns(NS_MUC_USER);

/** What is told of an occupant besides how he is. */
export interface Notice {
  /** Status codes for everybody. */
  readonly statuses?: readonly number[];
  /** … for his own clients only, besides 110. */
  readonly own?: readonly number[];
  /** §7.6: the nickname he changes to. */
  readonly nick?: string;
  /** Nickname of who did this to him. */
  readonly actor?: string | undefined;
  readonly reason?: string | undefined;
}

/** Namespaces in which only a room speaks, such as that of a forged status code. */
function isOfRooms(node: Element | string): boolean {
  return typeof node !== 'string' && (node.ns.startsWith(NS_MUC) || node.ns === NS_HATS || isOccupantId(node));
}

/** §17.3: what of a client's presence the others may see; without addresses. */
export function shareable(sent: Presence): Presence {
  const bare = sent.with({ from: undefined, to: undefined, id: undefined });
  return sent.children.some(isOfRooms) ? bare.withChildren(sent.children.filter((node) => !isOfRooms(node))) : bare;
}

/** A client says how its user is. True when the others saw something else before; from now on they see this. */
export function changePresence(visit: Visit, sent: Presence): boolean {
  const { occupant } = visit;
  const before = occupant.shown?.presence.toString();
  visit.presence = shareable(sent);
  if (before === visit.presence.toString()) return false;
  show(visit);
  return true;
}

/** The client whose presence the others see has left. True when what they see of the others of this user is something else. */
export function showAnother(left: Visit): boolean {
  const { occupant } = left;
  const next = occupant.visits.at(-1);
  if (occupant.shown !== left || next === undefined) return false;
  show(next);
  return left.presence.toString() !== next.presence.toString();
}

function show(visit: Visit): void {
  visit.occupant.shown = visit;
  visit.occupant.presences = {};
}

/** §7.2.4: whether somebody sees the real JIDs of the others. */
export function knowsJids({ config }: Room, { role }: Occupant): boolean {
  return config.whois === 'anyone' || role === 'moderator';
}

/** Whether others than the occupant himself are told of his presence. */
export function isBroadcast({ config }: Room, { role }: Occupant): boolean {
  return config.broadcast.includes(role);
}

/** §17.3: the presence of an occupant, for those who know real JIDs or for the others. Without `to`. */
export function presenceOf(room: Room, occupant: Occupant, isKnown: boolean): Presence {
  const kind = isKnown ? 'known' : 'hidden';
  const made = occupant.presences[kind] ?? withItem(room, occupant, isKnown, [], {});
  occupant.presences[kind] = made;
  return made;
}

function withItem(
  room: Room,
  occupant: Occupant,
  isKnown: boolean,
  statuses: readonly number[],
  { nick, actor, reason }: Notice,
  of = occupant.shown?.presence ?? presence({}),
): Presence {
  const isGone = of.type === 'unavailable' && nick === undefined;
  const item = muc(
    'item',
    {
      affiliation: room.affiliationOf(occupant.user),
      role: isGone ? 'none' : occupant.role,
      jid: isKnown ? occupant.shown?.jid.toString() : undefined,
      nick,
    },
    actor === undefined ? undefined : muc('actor', { nick: actor }),
    reason === undefined ? undefined : muc('reason', {}, reason),
  );
  const codes = [...statuses].sort((a, b) => a - b).map((code) => muc('status', { code: String(code) }));
  const worn = isGone ? undefined : hatsOf(room, occupant.user);
  const added = [muc('x', {}, item, codes), occupant.id, ...(worn ? [worn] : [])];
  return of.with({ from: occupant.jid }).withChildren([...of.children, ...added]);
}

/** The forms in which one presence goes out, each made when it is needed and written once. */
class Copies {
  readonly #room: Room;
  readonly #occupant: Occupant;
  readonly #notice: Notice;
  readonly #of: Presence | undefined;
  readonly #own: (Presence | undefined)[] = [];
  readonly #others: (Presence | undefined)[] = [];

  constructor(room: Room, occupant: Occupant, notice: Notice, of?: Presence) {
    this.#room = room;
    this.#occupant = occupant;
    this.#notice = notice;
    this.#of = of;
  }

  for(receiver: Occupant): Presence {
    const isKnown = knowsJids(this.#room, receiver);
    const isOwn = receiver === this.#occupant;
    const made = isOwn ? this.#own : this.#others;
    made[Number(isKnown)] ??= this.#make(isKnown, isOwn);
    return made[Number(isKnown)] as Presence;
  }

  #make(isKnown: boolean, isOwn: boolean): Presence {
    const { statuses = [], own = [] } = this.#notice;
    const codes = isOwn ? [...statuses, 110, ...own] : statuses;
    return withItem(this.#room, this.#occupant, isKnown, codes, this.#notice, this.#of);
  }
}

/** §7.2.2, §7.7: tells all occupants how one of them is, himself as well. */
export function showToAll(service: Service, room: Room, occupant: Occupant, notice: Notice = {}): void {
  showToOthers(service, room, occupant, notice);
  showToSelf(service, room, occupant, notice);
}

export function showToOthers({ host }: Service, room: Room, occupant: Occupant, notice: Notice = {}): void {
  if (!isBroadcast(room, occupant)) return;
  const copies = new Copies(room, occupant, notice);
  for (const { jid, occupant: receiver } of room.visits) {
    if (receiver !== occupant) void host.route(copies.for(receiver).with({ to: jid }));
  }
}

/** @param visits those of his clients that are told; default: all @param id of the presence that is answered by it */
export function showToSelf(
  { host }: Service,
  room: Room,
  occupant: Occupant,
  notice: Notice = {},
  visits: readonly Visit[] = occupant.visits,
  id?: string,
): void {
  const self = new Copies(room, occupant, notice).for(occupant);
  for (const { jid } of visits) void host.route(self.with({ to: jid, ...(id !== undefined && { id }) }));
}

/**
 * §7.14, §8.2, §9.1: tells that an occupant is gone, or that he has another nickname from now on. He need not be in the room
 * any more.
 *
 * @param last what he said at last
 */
export class Farewell {
  readonly #service: Service;
  readonly #room: Room;
  readonly #occupant: Occupant;
  readonly #copies: Copies;
  readonly #isBroadcast: boolean;

  constructor(service: Service, room: Room, occupant: Occupant, notice: Notice, last?: Presence) {
    this.#service = service;
    this.#room = room;
    this.#occupant = occupant;
    const gone = last === undefined ? presence({ type: 'unavailable' }) : shareable(last);
    this.#copies = new Copies(room, occupant, notice, gone);
    this.#isBroadcast = isBroadcast(room, occupant);
  }

  /** @param id of the presence that is answered by it */
  toSelf(visits: readonly Visit[], id?: string): void {
    const self = this.#copies.for(this.#occupant);
    for (const { jid } of visits) {
      void this.#service.host.route(self.with({ to: jid, ...(id !== undefined && { id }) }));
    }
  }

  toOthers(): void {
    if (!this.#isBroadcast) return;
    for (const { jid, occupant } of this.#room.visits) {
      if (occupant !== this.#occupant) void this.#service.host.route(this.#copies.for(occupant).with({ to: jid }));
    }
  }
}
