/** XEP-0045 §7.1, §7.2: entering a room */
import { type Awaitable, type Element, type Jid, ns, type Presence, presence, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import { createRoom } from './create.ts';
import { readHistoryRequest } from './history.ts';
import { resumeMute } from './mute.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { affiliationMay } from './privileges.ts';
import { Occupant, type Room, type Visit } from './room.ts';
import { changePresence, isBroadcast, knowsJids, presenceOf, shareable, showToOthers, showToSelf } from './show.ts';
import { sendSubject } from './subject.ts';

const muc = ns(NS_MUC_USER);

/** Somebody who is not in the room sent presence to an occupant JID. @param x what shows that he wants to enter */
export function join(service: Service, room: Room | undefined, sent: Presence, x: Element): Awaitable<void> {
  const { from, to } = sent as Presence & { from: Jid; to: Jid };
  checkNick(service, to.resource);
  if (room !== undefined) return enter(service, room, sent, x, []);
  return whenDone(createRoom(service, to.bare(), from.bare()), (created) => {
    const other = service.rooms.opened(to.local); // somebody was faster
    if (other !== undefined) created.isDestroyed = true;
    enter(service, other ?? created, sent, x, other === undefined ? [201] : []); // §10.1.1
  });
}

/** §7.2.18: who is out of step with the room learns that he is not in it. */
export function tellNotInside({ host }: Service, { from, to, id }: Presence): void {
  const statuses = ['110', '307', '333'].map((code) => muc('status', { code }));
  const item = muc('item', { affiliation: 'none', role: 'none' }, muc('reason', {}, 'You are not in the room.'));
  void host.route(presence({ type: 'unavailable', id, from: to, to: from }, muc('x', {}, item, statuses)));
}

/** §17.1, and the limit of the service. @param nick prepared @throws StanzaError jid-malformed, policy-violation */
export function checkNick({ host }: Service, nick: string): void {
  if (nick.trim() === '') throw new StanzaError('jid-malformed', 'a nickname is more than spaces');
  const most = host.config.max_nick;
  if ([...nick].length > most) throw new StanzaError('policy-violation', `a nickname has at most ${most} characters`);
}

function enter(service: Service, room: Room, sent: Presence, x: Element, own: readonly number[]): void {
  const { from, to } = sent as Presence & { from: Jid; to: Jid };
  const user = from.bare();
  const isNew = own.length > 0;
  if (!isNew) checkEntry(service, room, user, to.resource, x);
  const before = room.occupant(to.resource);
  if (before === undefined) resumeMute(service, room, user);
  const occupant = before ?? new Occupant(user, to, room.roleFor(user), service.occupantIds.of(room.jid, user));
  const { max_visits: most } = service.host.config;
  if (occupant.visits.length >= most) {
    throw new StanzaError('resource-constraint', `an occupant is here with at most ${most} clients`);
  }
  sendOccupants(service, room, from, occupant);
  const visit = room.enter(occupant, from, shareable(sent));
  service.rooms.occupied(room);
  if (before === undefined || changePresence(visit, sent)) showToOthers(service, room, occupant);
  greet(service, room, visit, sent, x, own);
}

/** §7.2.5 to §7.2.10. @throws StanzaError */
function checkEntry({ host }: Service, room: Room, user: Jid, nick: string, x: Element): void {
  const affiliation = room.affiliationOf(user);
  if (!affiliationMay(affiliation, 'enterOpenRoom'))
    throw new StanzaError('forbidden', 'you are banned from this room');
  if (room.isLocked && affiliation !== 'owner') {
    throw new StanzaError('item-not-found', 'this room is not open yet');
  }
  if (room.config.isMembersOnly && !affiliationMay(affiliation, 'enterMembersOnlyRoom')) {
    throw new StanzaError('registration-required', 'only members enter this room');
  }
  if (room.config.isPasswordProtected && x.childText('password') !== room.config.password) {
    throw new StanzaError('not-authorized', 'a password is required');
  }
  if (room.isTaken(nick, user)) throw new StanzaError('conflict', 'the nickname belongs to another user');
  const { max_occupants: most, max_extra_occupants: extra } = host.config;
  const limit = Math.min(room.config.maxUsers || most, most);
  const isExempt = affiliationMay(affiliation, 'enterFullRoom');
  if (room.occupant(nick) === undefined && room.size >= (isExempt ? limit + extra : limit)) {
    throw new StanzaError('service-unavailable', 'the room is full', { type: 'wait' });
  }
}

/** §7.2.2: all that are there already, as the newcomer sees them. */
function sendOccupants({ host }: Service, room: Room, to: Jid, newcomer: Occupant): void {
  const isKnown = knowsJids(room, newcomer);
  for (const occupant of room.occupants) {
    if (occupant === newcomer || !isBroadcast(room, occupant)) continue;
    void host.route(presenceOf(room, occupant, isKnown).with({ to }));
  }
}

/** What only the newcomer is told, in the order of §7.1. */
function greet(service: Service, room: Room, visit: Visit, sent: Presence, x: Element, own: readonly number[]): void {
  const { host } = service;
  const { occupant, jid } = visit;
  const codes = [...own];
  if (room.config.whois === 'anyone') codes.push(100); // §7.2.3
  if (room.config.isLogged) codes.push(170); // §7.2.12
  if (sent.to?.resource !== occupant.nick) codes.push(210); // §7.2.2
  showToSelf(service, room, occupant, { own: codes }, [visit], sent.id);
  const request = readHistoryRequest(x, host.clock.now());
  for (const past of room.history.for(jid, room.jid, request, room.config.history)) void host.route(past);
  sendSubject(service, room, jid);
}

/** §7.2.1, §17.3: a client that lost track of the room gets all of it again. */
export function enterAgain(service: Service, room: Room, visit: Visit, sent: Presence, x: Element): void {
  sendOccupants(service, room, visit.jid, visit.occupant);
  if (changePresence(visit, sent)) showToOthers(service, room, visit.occupant);
  greet(service, room, visit, sent, x, []);
}
