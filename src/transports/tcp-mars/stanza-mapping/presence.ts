/** RFC 6121 §4.7, XEP-0115: the payload of 1012 and 1100 */
import { type Element, NS_CLIENT, StanzaError } from '#core';
import { type Caps, type Presence, Show } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { emptyElement, hasOnly, plainText, textElement } from './extension.ts';
import { inverse } from './names.ts';
import { NS_CAPS } from './namespaces.ts';

export type PresenceDraft = Omit<Draft<Presence>, 'caps'> & { caps?: Draft<Caps> | undefined };

export const SHOWS: Readonly<Record<string, Show>> = {
  away: Show.AWAY,
  chat: Show.CHAT,
  dnd: Show.DO_NOT_DISTURB,
  xa: Show.EXTENDED_AWAY,
};
const SHOW_NAMES = inverse(SHOWS);

/** Puts the child into its field. False when it has none, or the field cannot hold all of it. */
export function takePresenceChild(body: PresenceDraft, child: Element): boolean {
  if (child.is('c', NS_CAPS)) return takeCaps(body, child);
  const text = child.ns === NS_CLIENT ? plainText(child) : undefined;
  if (text === undefined) return false;
  switch (child.name) {
    case 'show': {
      const show = SHOWS[text];
      if (show === undefined || body.show) return false;
      body.show = show;
      return true;
    }
    case 'status':
      if (text === '' || body.status) return false;
      body.status = text;
      return true;
    case 'priority': {
      const priority = Number(text);
      if (priority === 0 || body.priority || !Number.isInteger(priority) || String(priority) !== text) return false;
      if (Math.abs(priority) > 128) return false;
      body.priority = priority;
      return true;
    }
    default:
      return false;
  }
}

function takeCaps(body: PresenceDraft, child: Element): boolean {
  if (body.caps !== undefined || child.children.length > 0 || !hasOnly(child, 'node', 'ver', 'hash')) return false;
  const { node = '', ver = '', hash = '' } = child.attrs;
  body.caps = { node, ver, hash };
  return true;
}

/** @throws StanzaError bad-request: show is not known here */
export function presenceChildren({ show, status, priority, caps }: PresenceDraft): Element[] {
  const children: Element[] = [];
  if (show) {
    const name = SHOW_NAMES.get(show);
    if (name === undefined) throw new StanzaError('bad-request', 'a value of show that is not known');
    children.push(textElement('show', NS_CLIENT, name));
  }
  if (status) children.push(textElement('status', NS_CLIENT, status));
  if (priority) children.push(textElement('priority', NS_CLIENT, String(priority)));
  if (caps) {
    const { node = '', ver = '', hash = '' } = caps;
    if (node === '' || ver === '' || hash === '') throw new StanzaError('bad-request', 'caps are node, ver and hash');
    children.push(emptyElement('c', NS_CAPS, { hash, node, ver }));
  }
  return children;
}
