/** XEP-0045 §5: roles, affiliations and what they allow, as the tables there */
import { StanzaError } from '#core';

/** §5.1, from the least to the most. */
export const ROLES = ['none', 'visitor', 'participant', 'moderator'] as const;
export type Role = (typeof ROLES)[number];

/** §5.2, from the least to the most. */
export const AFFILIATIONS = ['outcast', 'none', 'member', 'admin', 'owner'] as const;
export type Affiliation = (typeof AFFILIATIONS)[number];

/** What somebody is in a room. */
export interface Standing {
  readonly role: Role;
  readonly affiliation: Affiliation;
}

/** §5.2.1: the least affiliation that may. */
const BY_AFFILIATION = {
  enterOpenRoom: 'none',
  enterMembersOnlyRoom: 'member',
  enterFullRoom: 'admin', // §7.2.9
  retrieveMemberList: 'member',
  ban: 'admin',
  editMemberList: 'admin',
  assignModerators: 'admin',
  editAdminList: 'owner',
  editOwnerList: 'owner',
  configure: 'owner',
  destroy: 'owner',
} as const satisfies Record<string, Affiliation>;

/** §5.1.2: the role to begin with. */
const DEFAULT_ROLES: Readonly<Record<'moderated' | 'unmoderated', Readonly<Record<Affiliation, Role>>>> = {
  moderated: { outcast: 'none', none: 'visitor', member: 'participant', admin: 'moderator', owner: 'moderator' },
  unmoderated: { outcast: 'none', none: 'participant', member: 'participant', admin: 'moderator', owner: 'moderator' },
};

/** §5.1.3: who changes the role of another, by what it was and what it shall be. */
const ROLE_CHANGES: Readonly<Record<Role, Readonly<Record<Role, 'moderator' | 'admin'>>>> = {
  none: { none: 'moderator', visitor: 'moderator', participant: 'moderator', moderator: 'admin' },
  visitor: { none: 'moderator', visitor: 'moderator', participant: 'moderator', moderator: 'admin' },
  participant: { none: 'moderator', visitor: 'moderator', participant: 'moderator', moderator: 'admin' },
  moderator: { none: 'admin', visitor: 'admin', participant: 'admin', moderator: 'admin' },
};

/** §5.2.2: who changes an affiliation, by what it was and what it shall be. */
const AFFILIATION_CHANGES: Readonly<Record<Affiliation, Readonly<Record<Affiliation, 'admin' | 'owner'>>>> = {
  outcast: { outcast: 'admin', none: 'admin', member: 'admin', admin: 'owner', owner: 'owner' },
  none: { outcast: 'admin', none: 'admin', member: 'admin', admin: 'owner', owner: 'owner' },
  member: { outcast: 'admin', none: 'admin', member: 'admin', admin: 'owner', owner: 'owner' },
  admin: { outcast: 'owner', none: 'owner', member: 'owner', admin: 'owner', owner: 'owner' },
  owner: { outcast: 'owner', none: 'owner', member: 'owner', admin: 'owner', owner: 'owner' },
};

export function isRole(text: string | undefined): text is Role {
  return ROLES.includes(text as Role);
}

export function isAffiliation(text: string | undefined): text is Affiliation {
  return AFFILIATIONS.includes(text as Affiliation);
}

export function roleIs(role: Role, least: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(least);
}

export function affiliationIs(affiliation: Affiliation, least: Affiliation): boolean {
  return AFFILIATIONS.indexOf(affiliation) >= AFFILIATIONS.indexOf(least);
}

export function affiliationMay(affiliation: Affiliation, privilege: keyof typeof BY_AFFILIATION): boolean {
  return affiliationIs(affiliation, BY_AFFILIATION[privilege]);
}

export function defaultRole(affiliation: Affiliation, isModerated: boolean): Role {
  return DEFAULT_ROLES[isModerated ? 'moderated' : 'unmoderated'][affiliation];
}

/** Whether somebody acts as a moderator: by role, or by an affiliation that brings it, also from outside of the room. */
export function moderates({ role, affiliation }: Standing): boolean {
  return role === 'moderator' || affiliationIs(affiliation, 'admin');
}

/** @throws StanzaError forbidden or not-allowed when `actor` must not give `target` this role (§8.2 to §8.5, §9.6 to §9.8) */
export function checkRoleChange(actor: Standing, target: Standing, role: Role): void {
  if (!moderates(actor)) throw new StanzaError('forbidden', 'only moderators change roles');
  const isKick = role === 'none';
  const isLess = !isKick && !roleIs(role, target.role);
  // §8.4, §9.7: their role comes with their affiliation
  if (isLess && affiliationIs(target.affiliation, 'admin')) {
    throw new StanzaError('not-allowed', 'admins and owners are always moderators');
  }
  if (ROLE_CHANGES[target.role][role] === 'admin' && !affiliationMay(actor.affiliation, 'assignModerators')) {
    throw new StanzaError(isKick ? 'not-allowed' : 'forbidden', 'only admins and owners do that');
  }
  if (isKick && !affiliationIs(actor.affiliation, target.affiliation)) {
    throw new StanzaError('not-allowed', 'who has a higher affiliation is not kicked');
  }
  if (isLess && role === 'visitor' && affiliationIs(target.affiliation, actor.affiliation)) {
    throw new StanzaError('not-allowed', 'voice is revoked only from those with a lower affiliation');
  }
}

/** @throws StanzaError forbidden or not-allowed when `actor` must not change this affiliation (§9.1 to §9.5, §10.3 to §10.8) */
export function checkAffiliationChange(actor: Affiliation, before: Affiliation, after: Affiliation): void {
  if (!affiliationIs(actor, 'admin')) throw new StanzaError('forbidden', 'only admins and owners change affiliations');
  if (AFFILIATION_CHANGES[before][after] === 'admin' || actor === 'owner') return;
  // §9.1: a ban of somebody higher
  if (after === 'outcast') throw new StanzaError('not-allowed', 'only an owner bans admins and owners');
  throw new StanzaError('forbidden', 'only an owner does that');
}
