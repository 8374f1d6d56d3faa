import { describe, expect, it } from 'vitest';
import { Jid } from '#core';
import type { RosterItem } from '#modules/roster';
import {
  inbound,
  inState,
  outbound,
  type SubscriptionState,
  type SubscriptionType,
  stateOf,
} from './subscription-state.ts';

/** Rows of the tables of RFC 6121 Appendix A as printed: existing state, ROUTE? or DELIVER?, new state. */
type Row = [existing: string, passes: string, next: string];

const ITEM: RosterItem = {
  jid: Jid.parse('romeo@example.net'),
  listed: true,
  name: '',
  groups: [],
  subscription: 'none',
  ask: false,
  approved: false,
  request: undefined,
  version: 0,
};

const STATES: Record<string, SubscriptionState> = {
  None: 'none',
  'None + Pending Out': 'none+out',
  'None + Pending In': 'none+in',
  'None + Pending Out+In': 'none+out+in',
  To: 'to',
  'To + Pending In': 'to+in',
  From: 'from',
  'From + Pending Out': 'from+out',
  Both: 'both',
};

const OUTBOUND: Record<SubscriptionType, Row[]> = {
  subscribe: [
    ['None', 'MUST', 'None + Pending Out'],
    ['None + Pending Out', 'MUST', 'no state change'],
    ['None + Pending In', 'MUST', 'None + Pending Out+In'],
    ['None + Pending Out+In', 'MUST', 'no state change'],
    ['To', 'MUST', 'no state change'],
    ['To + Pending In', 'MUST', 'no state change'],
    ['From', 'MUST', 'From + Pending Out'],
    ['From + Pending Out', 'MUST', 'no state change'],
    ['Both', 'MUST', 'no state change'],
  ],
  unsubscribe: [
    ['None', 'MUST', 'no state change'],
    ['None + Pending Out', 'MUST', 'None'],
    ['None + Pending In', 'MUST', 'no state change'],
    ['None + Pending Out+In', 'MUST', 'None + Pending In'],
    ['To', 'MUST', 'None'],
    ['To + Pending In', 'MUST', 'None + Pending In'],
    ['From', 'MUST', 'no state change'],
    ['From + Pending Out', 'MUST', 'From'],
    ['Both', 'MUST', 'From'],
  ],
  subscribed: [
    ['None', 'M.N.', 'pre-approval'],
    ['None + Pending Out', 'M.N.', 'pre-approval'],
    ['None + Pending In', 'MUST', 'From'],
    ['None + Pending Out+In', 'MUST', 'From + Pending Out'],
    ['To', 'M.N.', 'pre-approval'],
    ['To + Pending In', 'MUST', 'Both'],
    ['From', 'M.N.', 'no state change'],
    ['From + Pending Out', 'M.N.', 'no state change'],
    ['Both', 'M.N.', 'no state change'],
  ],
  unsubscribed: [
    ['None', 'S.N.', 'no state change'],
    ['None + Pending Out', 'S.N.', 'no state change'],
    ['None + Pending In', 'MUST', 'None'],
    ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
    ['To', 'S.N.', 'no state change'],
    ['To + Pending In', 'MUST', 'To'],
    ['From', 'MUST', 'None'],
    ['From + Pending Out', 'MUST', 'None + Pending Out'],
    ['Both', 'MUST', 'To'],
  ],
};

const INBOUND: Record<SubscriptionType, Row[]> = {
  subscribe: [
    ['None', 'MUST', 'None + Pending In'],
    ['None + Pending Out', 'MUST', 'None + Pending Out+In'],
    ['None + Pending In', 'S.N.', 'no state change'],
    ['None + Pending Out+In', 'S.N.', 'no state change'],
    ['To', 'MUST', 'To + Pending In'],
    ['To + Pending In', 'S.N.', 'no state change'],
    ['From', 'S.N.', 'no state change'],
    ['From + Pending Out', 'S.N.', 'no state change'],
    ['Both', 'S.N.', 'no state change'],
  ],
  unsubscribe: [
    ['None', 'S.N.', 'no state change'],
    ['None + Pending Out', 'S.N.', 'no state change'],
    ['None + Pending In', 'MUST', 'None'],
    ['None + Pending Out+In', 'MUST', 'None + Pending Out'],
    ['To', 'S.N.', 'no state change'],
    ['To + Pending In', 'MUST', 'To'],
    ['From', 'MUST', 'None'],
    ['From + Pending Out', 'MUST', 'None + Pending Out'],
    ['Both', 'MUST', 'To'],
  ],
  subscribed: [
    ['None', 'S.N.', 'no state change'],
    ['None + Pending Out', 'MUST', 'To'],
    ['None + Pending In', 'S.N.', 'no state change'],
    ['None + Pending Out+In', 'MUST', 'To + Pending In'],
    ['To', 'S.N.', 'no state change'],
    ['To + Pending In', 'S.N.', 'no state change'],
    ['From', 'S.N.', 'no state change'],
    ['From + Pending Out', 'MUST', 'Both'],
    ['Both', 'S.N.', 'no state change'],
  ],
  unsubscribed: [
    ['None', 'S.N.', 'no state change'],
    ['None + Pending Out', 'MUST', 'None'],
    ['None + Pending In', 'S.N.', 'no state change'],
    ['None + Pending Out+In', 'MUST', 'None + Pending In'],
    ['To', 'MUST', 'None'],
    ['To + Pending In', 'MUST', 'None + Pending In'],
    ['From', 'S.N.', 'no state change'],
    ['From + Pending Out', 'MUST', 'From'],
    ['Both', 'MUST', 'From'],
  ],
};

function state(name: string): SubscriptionState {
  const found = STATES[name];
  if (found === undefined) throw new Error(`no state ${name}`);
  return found;
}

describe.each(Object.entries(OUTBOUND))('an outbound "%s" (A.2)', (type, rows) => {
  it.each(rows)('in state "%s": route %s, %s', (existing, passes, next) => {
    const transition = outbound(type as SubscriptionType, state(existing));
    expect(transition.passes).toBe(passes === 'MUST');
    expect(transition.approves ?? false).toBe(next === 'pre-approval');
    expect(transition.next).toBe(next in STATES ? STATES[next] : undefined);
  });
});

describe.each(Object.entries(INBOUND))('an inbound "%s" (A.3)', (type, rows) => {
  it.each(rows)('in state "%s": deliver %s, %s', (existing, passes, next) => {
    const transition = inbound(type as SubscriptionType, state(existing), false);
    expect(transition.passes).toBe(passes === 'MUST');
    expect(transition.next).toBe(next in STATES ? STATES[next] : undefined);
  });
});

describe('what the server answers for the user', () => {
  it.each(['From', 'From + Pending Out', 'Both'])('a request in state "%s" is answered subscribed', (existing) => {
    expect(inbound('subscribe', state(existing), false).reply).toBe('subscribed');
  });

  it.each(['None', 'None + Pending Out', 'None + Pending In', 'None + Pending Out+In', 'To', 'To + Pending In'])(
    'a request in state "%s" is left to the user',
    (existing) => {
      expect(inbound('subscribe', state(existing), false).reply).toBeUndefined();
    },
  );

  it.each(INBOUND.unsubscribe)(
    'an unsubscribe in state "%s" that is delivered (%s) is answered',
    (existing, passes) => {
      const expected = passes === 'MUST' ? 'unsubscribed' : undefined;
      expect(inbound('unsubscribe', state(existing), false).reply).toBe(expected);
    },
  );

  it.each([
    ['None', 'From'],
    ['None + Pending Out', 'From + Pending Out'],
    ['To', 'Both'],
  ])('a pre-approved request in state "%s" leads to "%s", is answered and not delivered', (existing, next) => {
    expect(inbound('subscribe', state(existing), true)).toEqual({
      passes: false,
      next: state(next),
      reply: 'subscribed',
    });
  });
});

describe('states and items', () => {
  it.each(Object.values(STATES))('an item in state %s says so', (name) => {
    expect(stateOf(inState(ITEM, name, '<presence/>'))).toBe(name);
  });

  it('a request alone does not list the contact', () => {
    expect(inState({ ...ITEM, listed: false }, 'none+in', '<presence/>').listed).toBe(false);
  });

  it.each(['none+out', 'none+out+in', 'to', 'to+in', 'from', 'from+out', 'both'] as const)(
    'state %s lists the contact',
    (name) => {
      expect(inState({ ...ITEM, listed: false }, name, '<presence/>').listed).toBe(true);
    },
  );

  it('a listed contact stays when all subscriptions end', () => {
    expect(inState({ ...ITEM, subscription: 'both' }, 'none').listed).toBe(true);
  });

  it('the request is forgotten once it is answered', () => {
    expect(inState({ ...ITEM, request: '<presence/>' }, 'from').request).toBeUndefined();
  });
});
