import { describe, expect, it } from 'vitest';
import { StanzaError } from '#core';
import {
  AFFILIATIONS,
  type Affiliation,
  checkAffiliationChange,
  checkRoleChange,
  defaultRole,
  type Role,
  type Standing,
} from './privileges.ts';

function refusal(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof StanzaError) return error.condition;
    throw error;
  }
  return 'done';
}

const is = (role: Role, affiliation: Affiliation): Standing => ({ role, affiliation });
const roleChange = (actor: Standing, target: Standing, role: Role) =>
  refusal(() => checkRoleChange(actor, target, role));

it('gives roles by affiliation (§5.1.2)', () => {
  expect(AFFILIATIONS.map((affiliation) => defaultRole(affiliation, false))).toEqual([
    'none',
    'participant',
    'participant',
    'moderator',
    'moderator',
  ]);
  expect(AFFILIATIONS.map((affiliation) => defaultRole(affiliation, true))).toEqual([
    'none',
    'visitor',
    'participant',
    'moderator',
    'moderator',
  ]);
});

describe('a change of role (§5.1.3)', () => {
  it('is for moderators', () => {
    for (const role of ['visitor', 'participant'] as const) {
      expect(roleChange(is(role, 'member'), is('participant', 'none'), 'none')).toBe('forbidden');
    }
    expect(roleChange(is('moderator', 'none'), is('participant', 'none'), 'none')).toBe('done');
    expect(roleChange(is('none', 'admin'), is('participant', 'none'), 'none')).toBe('done');
  });

  it('is no kick of somebody with a higher affiliation, nor of a moderator by another (§8.2)', () => {
    expect(roleChange(is('moderator', 'member'), is('moderator', 'admin'), 'none')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'admin'), is('moderator', 'owner'), 'none')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'none'), is('participant', 'member'), 'none')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'none'), is('moderator', 'none'), 'none')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'admin'), is('moderator', 'none'), 'none')).toBe('done');
    expect(roleChange(is('moderator', 'owner'), is('moderator', 'owner'), 'none')).toBe('done');
  });

  it('takes no voice from those at or above the own level, and none from admins and owners (§8.4)', () => {
    expect(roleChange(is('moderator', 'member'), is('participant', 'none'), 'visitor')).toBe('done');
    expect(roleChange(is('moderator', 'member'), is('participant', 'member'), 'visitor')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'owner'), is('moderator', 'admin'), 'visitor')).toBe('not-allowed');
    expect(roleChange(is('moderator', 'owner'), is('participant', 'member'), 'visitor')).toBe('done');
  });

  it('makes and unmakes moderators by admins only, and never of admins and owners (§9.6, §9.7)', () => {
    expect(roleChange(is('moderator', 'member'), is('participant', 'none'), 'moderator')).toBe('forbidden');
    expect(roleChange(is('moderator', 'member'), is('moderator', 'none'), 'participant')).toBe('forbidden');
    expect(roleChange(is('moderator', 'admin'), is('participant', 'none'), 'moderator')).toBe('done');
    expect(roleChange(is('moderator', 'admin'), is('moderator', 'member'), 'participant')).toBe('done');
    expect(roleChange(is('moderator', 'owner'), is('moderator', 'admin'), 'participant')).toBe('not-allowed');
  });
});

it('lets admins change members and outcasts, and owners everything (§5.2.2)', () => {
  const change = (actor: Affiliation, before: Affiliation, after: Affiliation) =>
    refusal(() => checkAffiliationChange(actor, before, after));
  for (const before of AFFILIATIONS) {
    for (const after of AFFILIATIONS) {
      const isHigh = [before, after].some((affiliation) => affiliation === 'admin' || affiliation === 'owner');
      expect(change('owner', before, after)).toBe('done');
      expect(change('admin', before, after)).toBe(!isHigh ? 'done' : after === 'outcast' ? 'not-allowed' : 'forbidden');
      for (const actor of ['outcast', 'none', 'member'] as const)
        expect(change(actor, before, after)).toBe('forbidden');
    }
  }
});
