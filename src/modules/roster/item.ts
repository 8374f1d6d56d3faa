/** RFC 6121 §2.1.2: roster items, and what the server notes beside them */
import { type Element, type Jid, ns } from '#core';

export const NS_ROSTER = 'jabber:iq:roster';

export type Subscription = 'none' | 'to' | 'from' | 'both';

/** What the roster of a user holds about one contact; never changed once made. */
export interface RosterItem {
  /** Bare. */
  readonly jid: Jid;
  /**
   * Whether the client sees it. What is not listed is a request by somebody who is no contact yet (Appendix A.1, "None +
   * Pending In"), the trace of a removed item (§2.6), or both.
   */
  readonly listed: boolean;
  /** '' when it has none. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly subscription: Subscription;
  /** Pending Out: the user asked and the contact has not answered. */
  readonly ask: boolean;
  /** Pre-approved (§3.4). */
  readonly approved: boolean;
  /** Pending In: the contact's request as XML (§3.1.3 rule 4). */
  readonly request: string | undefined;
  /** Of the last change a client could see; 0 when there was none. */
  readonly version: number;
}

/** An item as it is stored under the contact's bare JID: what is empty is left out. */
export type StoredItem = Partial<Omit<RosterItem, 'jid'>>;

const NO_GROUPS: readonly string[] = [];
const roster = ns(NS_ROSTER);

/** A contact the roster knows nothing of. */
export function stranger(jid: Jid): RosterItem {
  return fromStored(jid, {});
}

/** A contact that a session brought along (docs/routers.md). */
export function mutual(jid: Jid): RosterItem {
  return { ...stranger(jid), listed: true, subscription: 'both' };
}

export function fromStored(jid: Jid, stored: StoredItem): RosterItem {
  return {
    jid,
    listed: stored.listed ?? false,
    name: stored.name ?? '',
    groups: stored.groups ?? NO_GROUPS,
    subscription: stored.subscription ?? 'none',
    ask: stored.ask ?? false,
    approved: stored.approved ?? false,
    request: stored.request,
    version: stored.version ?? 0,
  };
}

/** Undefined when there is nothing to remember. */
export function toStored({ jid: _jid, ...item }: RosterItem): StoredItem | undefined {
  if (!item.listed && item.request === undefined && item.version === 0) return undefined;
  const isEmpty = (value: unknown) => !value || value === 'none' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(item).filter(([, value]) => !isEmpty(value)));
}

/** Whether a client can tell the two apart. A roster set always brings groups of its own, so it always can (§2.3.2). */
export function looksSame(a: RosterItem, b: RosterItem): boolean {
  if (!a.listed && !b.listed) return true;
  return (
    a.listed === b.listed &&
    a.name === b.name &&
    a.groups === b.groups &&
    a.subscription === b.subscription &&
    a.ask === b.ask &&
    a.approved === b.approved
  );
}

/** Whether the contact gets the user's presence. */
export function isSubscriber(item: RosterItem | undefined): boolean {
  return item?.subscription === 'from' || item?.subscription === 'both';
}

/** Whether the user gets the contact's presence. */
export function isSubscription(item: RosterItem | undefined): boolean {
  return item?.subscription === 'to' || item?.subscription === 'both';
}

export function toElement(item: RosterItem): Element {
  const jid = item.jid.toString();
  if (!item.listed) return roster('item', { jid, subscription: 'remove' });
  return roster(
    'item',
    {
      jid,
      name: item.name || undefined,
      subscription: item.subscription,
      ask: item.ask ? 'subscribe' : undefined,
      approved: item.approved ? 'true' : undefined,
    },
    item.groups.map((group) => roster('group', undefined, group)),
  );
}

/** @param version undefined for a list that has none */
export function query(version: number | undefined, items: Iterable<RosterItem>): Element {
  return roster('query', { ver: version?.toString() }, Array.from(items, toElement));
}
