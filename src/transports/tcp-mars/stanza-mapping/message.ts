/** RFC 6121 §5 and the extensions that have fields of their own: the payload of 1010 and 1100 */
import { type Element, NS_CLIENT, StanzaError } from '#core';
import { ChatState, Hint, type Message, Receipt } from '#protocol/mars';
import type { Draft } from './draft.ts';
import { emptyElement, hasOnly, plainText, textElement } from './extension.ts';
import { inverse } from './names.ts';
import { NS_CHAT_STATES, NS_HINTS, NS_MARKERS, NS_MARS, NS_RECEIPTS, NS_SCENE } from './namespaces.ts';

export type MessageDraft = Draft<Message>;

const CHAT_STATES: Readonly<Record<string, ChatState>> = {
  active: ChatState.ACTIVE,
  composing: ChatState.COMPOSING,
  paused: ChatState.PAUSED,
  inactive: ChatState.INACTIVE,
  gone: ChatState.GONE,
};
const HINTS: Readonly<Record<string, Hint>> = {
  'no-store': Hint.NO_STORE,
  'no-permanent-store': Hint.NO_PERMANENT_STORE,
  'no-copy': Hint.NO_COPY,
  store: Hint.STORE,
};
const CHAT_STATE_NAMES = inverse(CHAT_STATES);
const HINT_NAMES = inverse(HINTS);

/** Puts the child into its field. False when it has none, or the field cannot hold all of it. */
export function takeMessageChild(body: MessageDraft, child: Element): boolean {
  switch (child.ns) {
    case NS_CLIENT:
      return takeText(body, child);
    case NS_CHAT_STATES: {
      const state = CHAT_STATES[child.name];
      if (state === undefined || body.chatState || plainText(child) !== '') return false;
      body.chatState = state;
      return true;
    }
    case NS_RECEIPTS:
      if (child.name === 'received') return takeReceipt(body, child, Receipt.RECEIVED);
      if (child.name !== 'request' || body.wantsReceipt || plainText(child) !== '') return false;
      body.wantsReceipt = true;
      return true;
    case NS_MARKERS:
      return child.name === 'displayed' && takeReceipt(body, child, Receipt.DISPLAYED);
    case NS_HINTS: {
      const hint = HINTS[child.name];
      if (hint === undefined || plainText(child) !== '') return false;
      body.hints = [...(body.hints ?? []), hint];
      return true;
    }
    case NS_MARS:
      return child.name === 'app' && takeApp(body, child);
    case NS_SCENE:
      if (child.name !== 'talk' || body.channel || !hasOnly(child, 'channel') || child.children.length > 0)
        return false;
      body.channel = child.attrs.channel as string;
      return true;
    default:
      return false;
  }
}

function takeText(body: MessageDraft, child: Element): boolean {
  const text = plainText(child);
  if (text === undefined) return false;
  switch (child.name) {
    case 'body':
      if (body.body !== undefined) return false;
      body.body = text;
      return true;
    case 'subject':
      if (body.subject !== undefined) return false;
      body.subject = text;
      return true;
    case 'thread':
      if (body.thread || text === '') return false;
      body.thread = text;
      return true;
    default:
      return false;
  }
}

function takeReceipt(body: MessageDraft, child: Element, receipt: Receipt): boolean {
  if (body.receipt || !hasOnly(child, 'id') || child.children.length > 0) return false;
  body.receipt = receipt;
  body.receiptId = child.attrs.id as string;
  return true;
}

/** Only what Base64 has in one way, so that it is the same when it comes back. */
function takeApp(body: MessageDraft, child: Element): boolean {
  const text = plainText(child);
  if (text === undefined || text === '' || body.app?.length) return false;
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return false;
  body.app = bytes;
  return true;
}

/** @throws StanzaError bad-request: a value that is not known, or a receipt without the id it is for */
export function messageChildren(body: MessageDraft): Element[] {
  const children: Element[] = [];
  if (body.subject !== undefined) children.push(textElement('subject', NS_CLIENT, body.subject));
  if (body.body !== undefined) children.push(textElement('body', NS_CLIENT, body.body));
  if (body.thread) children.push(textElement('thread', NS_CLIENT, body.thread));
  if (body.wantsReceipt) children.push(emptyElement('request', NS_RECEIPTS));
  if (body.chatState) children.push(emptyElement(nameIn(CHAT_STATE_NAMES, body.chatState), NS_CHAT_STATES));
  for (const hint of body.hints ?? []) children.push(emptyElement(nameIn(HINT_NAMES, hint), NS_HINTS));
  if (body.app?.length) children.push(textElement('app', NS_MARS, Buffer.from(body.app).toString('base64')));
  if (body.channel) children.push(emptyElement('talk', NS_SCENE, { channel: body.channel }));
  if (body.receipt) children.push(receiptElement(body.receipt, body.receiptId ?? ''));
  return children;
}

/** XEP-0184 §5.4.1, XEP-0333. @throws StanzaError bad-request */
export function receiptElement(receipt: Receipt, id: string): Element {
  if (id === '') throw new StanzaError('bad-request', 'a receipt is for a message, whose id is missing');
  switch (receipt) {
    case Receipt.RECEIVED:
      return emptyElement('received', NS_RECEIPTS, { id });
    case Receipt.DISPLAYED:
      return emptyElement('displayed', NS_MARKERS, { id });
    default:
      throw new StanzaError('bad-request', 'a kind of receipt that is not known');
  }
}

function nameIn(names: ReadonlyMap<number, string>, value: number): string {
  const name = names.get(value);
  if (name === undefined) throw new StanzaError('bad-request', 'a chat state or hint that is not known');
  return name;
}
