/** RFC 6121 §2: the contact list, the payload of 1014 and of its pushes */
import { Element, ns } from '#core';
import type { RosterItem } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { plainText } from './extension.ts';
import { NS_ROSTER } from './namespaces.ts';

export type ItemDraft = Draft<RosterItem>;
export interface RosterDraft {
  ver?: string;
  items: ItemDraft[];
}

interface Given {
  readonly ver?: string | undefined;
  readonly items?: readonly ItemDraft[];
}

const roster = ns(NS_ROSTER);

/** Undefined when there is more to the query than the fields can hold. */
export function readRoster(query: Element): RosterDraft | undefined {
  const { ver } = query.attrs;
  if (Object.keys(query.attrs).length > (ver === undefined ? 0 : 1)) return undefined;
  const items: ItemDraft[] = [];
  for (const child of query.children) {
    const item = typeof child === 'string' ? undefined : readItem(child);
    if (item === undefined) return undefined;
    items.push(item);
  }
  return { ...(ver !== undefined && { ver }), items };
}

const FIELDS: ReadonlySet<string> = new Set(['jid', 'name', 'subscription', 'ask', 'approved']);

function readItem(element: Element): ItemDraft | undefined {
  const { attrs, children } = element;
  if (!element.is('item', NS_ROSTER)) return undefined;
  for (const name in attrs) if (attrs[name] === '' || !FIELDS.has(name)) return undefined;
  const { jid = '', name = '', subscription = '', ask = '', approved } = attrs;
  if (approved !== undefined && approved !== 'true') return undefined;
  const groups: string[] = [];
  for (const child of children) {
    const group = typeof child !== 'string' && child.is('group', NS_ROSTER) ? plainText(child) : undefined;
    if (group === undefined) return undefined;
    groups.push(group);
  }
  return { jid, name, groups, subscription, ask, approved: approved === 'true' };
}

export function rosterQuery({ ver, items = [] }: Given): Element {
  return roster('query', { ver }, items.map(itemElement));
}

function itemElement({ jid, name, groups = [], subscription, ask, approved }: ItemDraft): Element {
  const attrs = {
    ...{ jid: given(jid), name: given(name), subscription: given(subscription), ask: given(ask) },
    approved: approved ? 'true' : undefined,
  };
  return roster(
    'item',
    attrs,
    groups.map((group) => new Element('group', NS_ROSTER, undefined, group === '' ? undefined : [group])),
  );
}

function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
