/** XEP-0045 §9.1 to §9.5, §10.3 to §10.8: bans, members, admins, owners */
import { type Jid, type Message, message, ns, StanzaError } from '#core';
import type { Actor } from './actor.ts';
import type { Service } from './config.ts';
import { changeRole, type Tell } from './give-role.ts';
import { invitation } from './invitation.ts';
import { checkNick } from './join.ts';
import { remove } from './leave.ts';
import { NS_MUC_USER } from './namespaces.ts';
import { type Affiliation, affiliationIs, checkAffiliationChange, defaultRole, type Role } from './privileges.ts';
import type { Affiliated, Occupant, Room } from './room.ts';

const muc = ns(NS_MUC_USER);

export interface AffiliationChange {
  /** The bare JID; of a domain, for outcasts. */
  readonly user: Jid;
  readonly affiliation: Affiliation;
  /** §9.5: the nickname to reserve; '' for none, undefined to leave it as it is. */
  readonly nick?: string | undefined;
  readonly reason?: string | undefined;
}

/** @throws StanzaError for the first of these changes that the actor must not make; then none is made (§9.2) */
export function checkAffiliationChanges(
  service: Service,
  room: Room,
  actor: Actor,
  changes: readonly AffiliationChange[],
): void {
  const planned = new Map<string, Affiliation>();
  const presentOf = (user: string): Affiliation =>
    planned.get(user) ?? room.affiliated.get(user)?.affiliation ?? 'none';
  for (const { user, affiliation, nick } of changes) {
    // §9.1: whoever may ban does not ban himself
    const isOwnBan = affiliation === 'outcast' && user.equals(actor.user) && affiliationIs(actor.affiliation, 'admin');
    if (isOwnBan) throw new StanzaError('conflict', 'nobody bans himself');
    checkAffiliationChange(actor.affiliation, presentOf(user.toString()), affiliation);
    if (user.local === '' && affiliationIs(affiliation, 'member')) {
      throw new StanzaError('not-acceptable', 'a whole domain can be banned, and nothing else');
    }
    if (nick) checkReservation(service, room, user, nick);
    planned.set(user.toString(), affiliation);
  }
  checkOwners(room, planned);
  checkNumber(service, room, planned);
}

/** §7.10. @throws StanzaError conflict, policy-violation, jid-malformed when the user cannot have this nickname for himself */
export function checkReservation(service: Service, room: Room, user: Jid, nick: string): void {
  checkNick(service, nick);
  if (room.isTaken(nick, user)) throw new StanzaError('conflict', `${nick} belongs to another user`);
}

/** §10.4: a room has an owner. */
function checkOwners(room: Room, planned: ReadonlyMap<string, Affiliation>): void {
  for (const affiliation of planned.values()) if (affiliation === 'owner') return;
  for (const [user, { affiliation }] of room.affiliated) {
    if (affiliation === 'owner' && !planned.has(user)) return;
  }
  throw new StanzaError('conflict', 'a room has at least one owner');
}

function checkNumber({ host }: Service, room: Room, planned: ReadonlyMap<string, Affiliation>): void {
  let size = room.affiliated.size;
  for (const [user, affiliation] of planned) {
    size += Number(affiliation !== 'none') - Number(room.affiliated.has(user));
  }
  const most = host.config.max_affiliations;
  if (size > most && size > room.affiliated.size) {
    throw new StanzaError('resource-constraint', `a room has at most ${most} users with an affiliation`);
  }
}

/**
 * Makes these changes. Who loses the right to be here is out at once; the others learn of it by what the promise brings, when
 * it is committed.
 */
export function changeAffiliations(
  service: Service,
  room: Room,
  actor: Actor,
  changes: readonly AffiliationChange[],
): Promise<Tell[]> {
  const before = new Map([...room.occupants].map((occupant) => [occupant, room.affiliationOf(occupant.user)]));
  const invited = changes.filter((change) => isInvited(room, change));
  const inside = new Set([actor.user, ...[...before.keys()].map(({ user }) => user)].map(String));
  const outside = changes.filter((change) => {
    return !isInvited(room, change) && !inside.has(change.user.toString()) && isChanged(room, change);
  });
  for (const change of changes) room.affiliate(change.user, affiliatedBy(room, change));
  const reasons = new Map(changes.map(({ user, reason }) => [user.toString(), reason]));
  const tells: Tell[] = [];
  for (const [occupant, was] of before) {
    if (room.affiliationOf(occupant.user) === was && !reasons.has(occupant.user.toString())) continue;
    const reason = reasons.get(occupant.user.toString()) ?? reasons.get(occupant.user.domain);
    tells.push(applied(service, room, actor, occupant, was, reason));
  }
  for (const { user } of invited) {
    tells.push(() => void service.host.route(invitation(room, user, actor.user)));
  }
  for (const { user } of outside) tells.push(() => void service.host.route(notice(room, user)));
  const users = changes.map(({ user }) => user.toString());
  return service.rooms.saveAffiliations(room, users).then(() => tells);
}

function affiliatedBy(room: Room, { user, affiliation, nick, reason }: AffiliationChange): Affiliated | undefined {
  if (affiliation === 'none') return undefined;
  if (affiliation === 'outcast') return { affiliation, ...(reason && { reason }) }; // §9.1: no nickname any more
  const reserved = nick ?? room.reservedNick(user);
  return { affiliation, ...(reserved && { nick: reserved }) };
}

/** §9.5: who could not enter before is told that now he can. */
function isInvited(room: Room, { user, affiliation }: AffiliationChange): boolean {
  return affiliation === 'member' && room.config.isMembersOnly && !room.affiliated.has(user.toString());
}

function isChanged(room: Room, { user, affiliation }: AffiliationChange): boolean {
  return user.local !== '' && (room.affiliated.get(user.toString())?.affiliation ?? 'none') !== affiliation;
}

/** §18.1: for who is not in the room, and did not ask for it. Those of his clients that are there learn of it. */
function notice(room: Room, user: Jid): Message {
  const item = muc('item', { affiliation: room.affiliationOf(user), role: 'none' });
  return message({ type: 'headline', from: room.jid, to: user }, muc('x', {}, item, muc('status', { code: '101' })));
}

/** What a changed affiliation makes of somebody who is in the room. */
function applied(
  service: Service,
  room: Room,
  { nick: actor }: Actor,
  occupant: Occupant,
  before: Affiliation,
  reason: string | undefined,
): Tell {
  const now = room.affiliationOf(occupant.user);
  if (now === 'outcast') return remove(service, room, occupant, { statuses: [301], actor, reason });
  if (room.config.isMembersOnly && !affiliationIs(now, 'member')) {
    return remove(service, room, occupant, { statuses: [321], actor, reason });
  }
  return changeRole(service, room, occupant, roleAfter(room, occupant, before, now), { reason });
}

/** §5.1.3: what comes with an affiliation goes with it; what moderators gave stays. */
function roleAfter(room: Room, { role }: Occupant, before: Affiliation, now: Affiliation): Role {
  const own = defaultRole(now, room.config.isModerated);
  if (own === 'moderator' || affiliationIs(before, 'admin')) return own;
  return role === 'visitor' ? own : role;
}
