/** RFC 6121 Appendix A: the subscription states and what each subscription stanza does in them, as tables */
import { isSubscriber, type RosterItem, type RosterUpdate } from '#modules/roster';

/** A.1, seen from the user: `+out` he asked, `+in` he was asked, and there is no answer yet. */
export type SubscriptionState =
  | 'none'
  | 'none+out'
  | 'none+in'
  | 'none+out+in'
  | 'to'
  | 'to+in'
  | 'from'
  | 'from+out'
  | 'both';

export type SubscriptionType = 'subscribe' | 'unsubscribe' | 'subscribed' | 'unsubscribed';

export interface Transition {
  /** ROUTE? of an outbound stanza, DELIVER? of an inbound one. */
  readonly passes: boolean;
  /** Absent when the state does not change. */
  readonly next?: SubscriptionState;
  /** Notes a pre-approval (§3.4). */
  readonly approves?: true;
  /** What the server answers on behalf of the user. */
  readonly reply?: 'subscribed' | 'unsubscribed';
}

type Table = Readonly<Record<SubscriptionState, Transition>>;

const PASS: Transition = { passes: true };
const STOP: Transition = { passes: false };
const APPROVE: Transition = { passes: false, approves: true };
const IS_SUBSCRIBED: Transition = { passes: false, reply: 'subscribed' };
const pass = (next: SubscriptionState): Transition => ({ passes: true, next });
const end = (next: SubscriptionState): Transition => ({ passes: true, next, reply: 'unsubscribed' });

const OUTBOUND: Readonly<Record<SubscriptionType, Table>> = {
  // Table 2
  subscribe: {
    none: pass('none+out'),
    'none+out': PASS,
    'none+in': pass('none+out+in'),
    'none+out+in': PASS,
    to: PASS,
    'to+in': PASS,
    from: pass('from+out'),
    'from+out': PASS,
    both: PASS,
  },
  // Table 3
  unsubscribe: {
    none: PASS,
    'none+out': pass('none'),
    'none+in': PASS,
    'none+out+in': pass('none+in'),
    to: pass('none'),
    'to+in': pass('none+in'),
    from: PASS,
    'from+out': pass('from'),
    both: pass('from'),
  },
  // Table 4
  subscribed: {
    none: APPROVE,
    'none+out': APPROVE,
    'none+in': pass('from'),
    'none+out+in': pass('from+out'),
    to: APPROVE,
    'to+in': pass('both'),
    from: STOP,
    'from+out': STOP,
    both: STOP,
  },
  // Table 5
  unsubscribed: {
    none: STOP,
    'none+out': STOP,
    'none+in': pass('none'),
    'none+out+in': pass('none+out'),
    to: STOP,
    'to+in': pass('to'),
    from: pass('none'),
    'from+out': pass('none+out'),
    both: pass('to'),
  },
};

const INBOUND: Readonly<Record<SubscriptionType, Table>> = {
  // Table 6
  subscribe: {
    none: pass('none+in'),
    'none+out': pass('none+out+in'),
    'none+in': STOP,
    'none+out+in': STOP,
    to: pass('to+in'),
    'to+in': STOP,
    from: IS_SUBSCRIBED,
    'from+out': IS_SUBSCRIBED,
    both: IS_SUBSCRIBED,
  },
  // Table 7. For a withdrawn request §3.3.3 would have the user told nothing; this table, the more precise, tells him.
  unsubscribe: {
    none: STOP,
    'none+out': STOP,
    'none+in': end('none'),
    'none+out+in': end('none+out'),
    to: STOP,
    'to+in': end('to'),
    from: end('none'),
    'from+out': end('none+out'),
    both: end('to'),
  },
  // Table 8
  subscribed: {
    none: STOP,
    'none+out': pass('to'),
    'none+in': STOP,
    'none+out+in': pass('to+in'),
    to: STOP,
    'to+in': STOP,
    from: STOP,
    'from+out': pass('both'),
    both: STOP,
  },
  // Table 9
  unsubscribed: {
    none: STOP,
    'none+out': pass('none'),
    'none+in': STOP,
    'none+out+in': pass('none+in'),
    to: pass('none'),
    'to+in': pass('none+in'),
    from: STOP,
    'from+out': pass('from'),
    both: pass('from'),
  },
};

/** §3.4.2, A.3.1 note 1: where a request of a pre-approved contact leads. */
const PRE_APPROVED: Partial<Table> = {
  none: { passes: false, next: 'from', reply: 'subscribed' },
  'none+out': { passes: false, next: 'from+out', reply: 'subscribed' },
  to: { passes: false, next: 'both', reply: 'subscribed' },
};

/** A.2: a stanza of the user to the contact. */
export function outbound(type: SubscriptionType, state: SubscriptionState): Transition {
  return OUTBOUND[type][state];
}

/** A.3: a stanza of the contact to the user. */
export function inbound(type: SubscriptionType, state: SubscriptionState, isApproved: boolean): Transition {
  const automatic = type === 'subscribe' && isApproved ? PRE_APPROVED[state] : undefined;
  return automatic ?? INBOUND[type][state];
}

export function stateOf({ subscription, ask, request }: RosterItem): SubscriptionState {
  const out = ask && (subscription === 'none' || subscription === 'from') ? '+out' : '';
  const into = request !== undefined && (subscription === 'none' || subscription === 'to') ? '+in' : '';
  return `${subscription}${out}${into}` as SubscriptionState;
}

/**
 * The item in another state; `request` is the contact's, kept while the state has a `+in`. Who has any relation to the
 * user is listed; who merely asks is not (§3.1.3).
 */
export function inState(item: RosterItem, state: SubscriptionState, request = item.request): RosterItem {
  const [subscription, ...pending] = state.split('+') as [RosterItem['subscription'], ...string[]];
  const ask = pending.includes('out');
  return {
    ...item,
    subscription,
    ask,
    request: pending.includes('in') ? request : undefined,
    listed: item.listed || ask || subscription !== 'none',
  };
}

/** Whether the contact began, or ceased, to get the user's presence. */
export function access({ before, after }: RosterUpdate): 'begins' | 'ends' | 'stays' {
  if (isSubscriber(before) === isSubscriber(after)) return 'stays';
  return isSubscriber(after) ? 'begins' : 'ends';
}
