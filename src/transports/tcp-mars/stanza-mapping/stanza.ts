/** A stanza as the body of a push, and the body of a request as a stanza. Nothing of XMPP is lost on the way. */
import {
  Element,
  Iq,
  Message,
  NS_CLIENT,
  NS_STANZA_ID,
  newAttributes,
  type Presence,
  parseDateTime,
  type Stanza,
  StanzaError,
  type XmlLimits,
} from '#core';
import type { Body, BodyInit, ExtensionInit } from '#protocol/mars';
import { errorElement, readError } from './error.ts';
import { emptyElement, fromExtension, hasOnly, toExtension } from './extension.ts';
import { headersElement, readHeaders } from './headers.ts';
import { type MessageDraft, messageChildren, takeMessageChild } from './message.ts';
import { NS_DELAY, NS_MARS, NS_ROSTER, NS_SHIM } from './namespaces.ts';
import { notificationIn } from './notification.ts';
import { type PresenceDraft, presenceChildren, takePresenceChild } from './presence.ts';
import { readRoster } from './roster.ts';

/** What `toBody` fills besides the payload. */
type Envelope = Omit<BodyInit, 'ext'> & { ext: ExtensionInit[] };

export function toBody(stanza: Stanza): BodyInit {
  const { id = '', to = '', from = '', type = '', 'xml:lang': lang = '' } = stanza.attrs;
  const body = { id, to, from, type, lang, ext: [] } as Envelope;
  const others = otherAttributes(stanza);
  if (others !== undefined) body.ext.push(toExtension(others));
  if (stanza instanceof Message) fillMessage(stanza, body);
  else if (stanza instanceof Iq) fillIq(stanza, body);
  else body.payload = { case: 'presence', value: fill<PresenceDraft>(stanza as Presence, body, {}, takePresenceChild) };
  return body;
}

function fillMessage(stanza: Message, body: Envelope): void {
  const notification = notificationIn(stanza);
  if (notification !== undefined) body.payload = { case: 'rpcOutput', value: notification };
  else body.payload = { case: 'message', value: fill<MessageDraft>(stanza, body, {}, takeMessageChild) };
}

/** Each child goes into its field, and what has none into `ext`. */
function fill<D>(stanza: Stanza, body: Envelope, draft: D, take: (draft: D, child: Element) => boolean): D {
  for (const child of stanza.children) {
    if (typeof child === 'string' || take(draft, child) || takeCommon(body, child, stanza)) continue;
    body.ext.push(toExtension(child));
  }
  return draft;
}

function fillIq(iq: Iq, body: Envelope): void {
  const [payload, ...rest] = iq.elements().filter((child) => !child.is('error', NS_CLIENT));
  for (const child of rest) body.ext.push(toExtension(child));
  const error = iq.child('error', NS_CLIENT);
  if (error !== undefined && !takeCommon(body, error, iq)) body.ext.push(toExtension(error));
  const items = payload?.is('query', NS_ROSTER) && iq.type === 'set' ? readRoster(payload) : undefined;
  if (items !== undefined) body.payload = { case: 'roster', value: items };
  else body.payload = { case: 'iq', value: payload === undefined ? {} : { payload: toExtension(payload) } };
}

/** Fields of the envelope. False when the child has to go with the extensions, also where a field says a part of it. */
function takeCommon(body: Envelope, child: Element, stanza: Stanza): boolean {
  switch (child.ns) {
    case NS_CLIENT: {
      if (child.name !== 'error' || body.error !== undefined) return false;
      const { body: error, isWhole } = readError(child);
      body.error = error;
      return isWhole && stanza.elements('error').length === 1;
    }
    case NS_STANZA_ID:
      return child.children.length === 0 && takeStanzaId(body, child);
    case NS_SHIM: {
      const headers = body.headers === undefined ? readHeaders(child) : undefined;
      if (headers !== undefined) body.headers = headers;
      return headers !== undefined;
    }
    case NS_DELAY: {
      // Who held it back, and why, has no field: the element goes along.
      const stamp = child.name === 'delay' ? parseDateTime(child.attrs.stamp ?? '') : undefined;
      if (stamp !== undefined && body.stamp === undefined) body.stamp = stamp;
      return false;
    }
    default:
      return false;
  }
}

function takeStanzaId(body: Envelope, child: Element): boolean {
  const { id = '', by = '' } = child.attrs;
  if (child.name === 'stanza-id' && body.stanzaId === undefined && hasOnly(child, 'id', 'by')) {
    body.stanzaId = { id, by };
    return true;
  }
  if (child.name !== 'origin-id' || body.originId || !hasOnly(child, 'id')) return false;
  body.originId = id;
  return true;
}

/** Attributes that have no field, as an element that stands for them. */
function otherAttributes({ attrs }: Element): Element | undefined {
  let others: Record<string, string> | undefined;
  for (const name in attrs) {
    // An empty one is not the same as none.
    if (hasField(name) && attrs[name] !== '') continue;
    others ??= {};
    others[name] = attrs[name] as string;
  }
  return others && emptyElement('attributes', NS_MARS, others);
}

function hasField(attribute: string): boolean {
  switch (attribute) {
    case 'id':
    case 'to':
    case 'from':
    case 'type':
    case 'xml:lang':
      return true;
    default:
      return false;
  }
}

/** @throws StanzaError bad-request */
export function messageElement(body: Body, draft: MessageDraft, limits: XmlLimits): Element {
  return stanzaElement('message', body, messageChildren(draft), limits);
}

/** @throws StanzaError bad-request */
export function presenceElement(body: Body, draft: PresenceDraft, limits: XmlLimits): Element {
  return stanzaElement('presence', body, presenceChildren(draft), limits);
}

/** @throws StanzaError bad-request */
export function iqElement(body: Body, payload: Element | undefined, limits: XmlLimits): Element {
  return stanzaElement('iq', body, payload === undefined ? [] : [payload], limits);
}

function stanzaElement(name: string, body: Body, children: Element[], limits: XmlLimits): Element {
  const { id, to, from, type, lang } = body;
  const attrs = newAttributes();
  if (id !== '') attrs.id = id;
  if (to !== '') attrs.to = to;
  if (from !== '') attrs.from = from;
  if (type !== '') attrs.type = type;
  if (lang !== '') attrs['xml:lang'] = lang;
  let hasError = false;
  for (const extension of body.ext) {
    const element = fromExtension(extension, limits);
    if (element.is('attributes', NS_MARS)) Object.assign(attrs, element.attrs);
    else children.push(element);
    hasError ||= element.is('error', NS_CLIENT);
  }
  if (children.length > limits.children) throw new StanzaError('bad-request', 'too many elements');
  if (body.stanzaId !== undefined) {
    children.push(emptyElement('stanza-id', NS_STANZA_ID, { by: body.stanzaId.by, id: body.stanzaId.id }));
  }
  if (body.originId !== '') children.push(emptyElement('origin-id', NS_STANZA_ID, { id: body.originId }));
  const headers = headersElement(body.headers);
  if (headers !== undefined) children.push(headers);
  if (body.error !== undefined && !hasError) children.push(errorElement(body.error, limits));
  return checkSize(new Element(name, NS_CLIENT, attrs, children), limits);
}

/** Escaping makes texts longer, and they have to fit into the streams of those who get them. */
function checkSize(element: Element, { stanzaBytes }: XmlLimits): Element {
  if (isShort(element, stanzaBytes / LONGEST_ESCAPE)) return element;
  if (Buffer.byteLength(element.toString()) > stanzaBytes) throw new StanzaError('policy-violation', 'stanza too big');
  return element;
}

/** `&quot;` and `&apos;`; and a character of three bytes in UTF-8 is one here. */
const LONGEST_ESCAPE = 6;
/** Of an element with its namespace and the names of its attributes. */
const MARKUP = 120;

function isShort(element: Element, most: number): boolean {
  return lengthOf(element) <= most;
}

function lengthOf({ name, ns, attrs, children }: Element): number {
  let length = MARKUP + 2 * name.length + ns.length;
  for (const key in attrs) length += key.length + (attrs[key] as string).length;
  for (const child of children) length += typeof child === 'string' ? child.length : lengthOf(child);
  return length;
}
