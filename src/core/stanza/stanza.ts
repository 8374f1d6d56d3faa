/** RFC 6120 §8: the three kinds of stanza, as values that are never changed once made */
import type { GenerationCache } from '../cache/index.ts';
import type { Jid } from '../jid/index.ts';
import {
  type Attributes,
  attributes,
  Element,
  type Node,
  NS_CLIENT,
  newAttributes,
  serializeAttributes,
  serializeChildren,
} from '../xml/index.ts';
import { StanzaError } from './stanza-error.ts';

export type StanzaKind = 'message' | 'presence' | 'iq';
export type MessageType = 'normal' | 'chat' | 'groupchat' | 'headline' | 'error';
export type PresenceType =
  | 'available'
  | 'unavailable'
  | 'subscribe'
  | 'subscribed'
  | 'unsubscribe'
  | 'unsubscribed'
  | 'probe'
  | 'error';
export type IqType = 'get' | 'set' | 'result' | 'error';

const PRESENCE_TYPES: ReadonlySet<string> = new Set<PresenceType>([
  'unavailable',
  'subscribe',
  'subscribed',
  'unsubscribe',
  'unsubscribed',
  'probe',
  'error',
]);
const IQ_TYPES: ReadonlySet<string> = new Set<IqType>(['get', 'set', 'result', 'error']);

export interface Addresses {
  readonly to?: Jid | undefined;
  readonly from?: Jid | undefined;
}

type Changes = Addresses & { readonly id?: string | undefined; readonly type?: string | undefined };

const XMLNS = ` xmlns="${NS_CLIENT}"`;

/** Of a stanza without the values of its attributes and its content, with some space for what keeps it. */
const FRAME_SIZE = 100;

/** Of an element without its names, its namespace and what is in it: its tags. */
const TAGS_SIZE = 15;

/** Characters of content that is kept for others to share: a status and capabilities, not pictures. */
const SHARED_LENGTH = 1_000;

/** The children of a stanza and their text, written once and shared by every copy that only changes the address. */
class Content {
  readonly nodes: readonly Node[];
  /** What these nodes begin with, all but the last one, where that is written already or will be. */
  readonly #before: Content | undefined;
  #xml: string | undefined;
  #size: number | undefined;

  constructor(nodes: readonly Node[], before?: Content) {
    this.nodes = nodes;
    this.#before = before;
  }

  /** With one more node at the end. */
  and(node: Node): Content {
    return new Content([...this.nodes, node], this);
  }

  get xml(): string {
    this.#xml ??=
      this.#before === undefined
        ? serializeChildren(this.nodes, NS_CLIENT)
        : this.#before.xml + serializeChildren(this.nodes.slice(-1), NS_CLIENT);
    return this.#xml;
  }

  /** It stands at this place of a text. */
  isPartOf(text: string, at: number): void {
    this.#xml = text.slice(at, at + this.xml.length);
  }

  /** Not of its text: links of other formats never need that. */
  get size(): number {
    this.#size ??= sizeOfNodes(this.nodes);
    return this.#size;
  }
}

function sizeOfNodes(nodes: readonly Node[]): number {
  let size = 0;
  for (const node of nodes) {
    if (typeof node === 'string') size += node.length;
    else size += TAGS_SIZE + 2 * node.name.length + node.ns.length + sizeOf(node.attrs) + sizeOfNodes(node.children);
  }
  return size;
}

function sizeOf(attrs: Attributes): number {
  let size = 0;
  for (const name in attrs) size += name.length + (attrs[name] as string).length;
  return size;
}

/**
 * A stanza in namespace jabber:client, the one form stanzas have inside the server; s2s and component transports write
 * their own content namespace at the edge. `to` and `from` are parsed once.
 */
export abstract class Stanza extends Element {
  abstract readonly kind: StanzaKind;
  abstract readonly type: string;
  readonly to: Jid | undefined;
  readonly from: Jid | undefined;
  readonly #content: Content;
  /** The attributes as text, once written. */
  #attributes: string | undefined;

  protected constructor(name: StanzaKind, attrs: Attributes, content: readonly Node[] | Content, addresses: Addresses) {
    const shared = content instanceof Content ? content : new Content(content);
    super(name, NS_CLIENT, attrs, shared.nodes);
    this.#content = shared;
    this.to = addresses.to;
    this.from = addresses.from;
  }

  get id(): string | undefined {
    return this.attrs.id;
  }

  get lang(): string | undefined {
    return this.attrs['xml:lang'];
  }

  /** About its length as XML, in characters; always the same. */
  get size(): number {
    return FRAME_SIZE + sizeOf(this.attrs) + this.#content.size;
  }

  /** A copy with other addresses, id or type; the children, and their text once written, are shared. */
  override with(changes: Changes): this {
    const attrs = newAttributes();
    for (const name in this.attrs) {
      if (!(name in changes)) attrs[name] = this.attrs[name] as string;
    }
    const to = 'to' in changes ? changes.to : this.to;
    const from = 'from' in changes ? changes.from : this.from;
    if ('type' in changes && changes.type !== undefined) attrs.type = changes.type;
    if ('id' in changes && changes.id !== undefined) attrs.id = changes.id;
    if ('from' in changes && from !== undefined) attrs.from = from.toString();
    if ('to' in changes && to !== undefined) attrs.to = to.toString();
    return make(this.kind, attrs, this.#content, { to, from }) as this;
  }

  /** A copy with other children. */
  withChildren(children: readonly Node[]): this {
    return make(this.kind, this.attrs, children, this) as this;
  }

  /** A copy with one more child at the end; the text of all the rest, if it is written already, is not written again. */
  withChild(child: Element): this {
    const copy = make(this.kind, this.attrs, this.#content.and(child), this) as this;
    copy.#attributes = this.#attributes;
    return copy;
  }

  /** To be kept: a copy that shares the content of one that says the same, if `known` has such. Long ones do not go there. */
  sharing(known: GenerationCache<Stanza>): this {
    const { xml } = this.#content;
    if (xml.length > SHARED_LENGTH) return this;
    const equal = known.get(xml);
    if (equal !== undefined) return make(this.kind, this.attrs, equal.#content, this) as this;
    known.set(xml, this);
    return this;
  }

  /** The reply of RFC 6120 §8.3.1: addresses swapped, same id; of the payload only what the error is about. */
  errorReply(error: StanzaError): this {
    const attrs = { id: this.id, type: 'error', to: this.from?.toString(), from: this.to?.toString() };
    const addresses = { to: this.from, from: this.to };
    const about = error.about === undefined ? [] : [error.about];
    return make(this.kind, attributes(attrs), [...about, error.toElement(NS_CLIENT)], addresses) as this;
  }

  /**
   * The same as toString() in one piece. What is written of it afterwards, such as a copy with one more child, takes parts of
   * that instead of putting them together from all their pieces again.
   */
  inOnePiece(): string {
    const text = this.toString();
    const from = this.name.length + 1 + XMLNS.length;
    const to = from + (this.#attributes ?? '').length;
    this.#attributes = text.slice(from, to);
    this.#content.isPartOf(text, to + 1);
    return text;
  }

  override toString(contextNs = ''): string {
    this.#attributes ??= serializeAttributes(this.attrs);
    const open = `<${this.name}${contextNs === NS_CLIENT ? '' : XMLNS}${this.#attributes}`;
    return this.children.length === 0 ? `${open}/>` : `${open}>${this.#content.xml}</${this.name}>`;
  }
}

export class Message extends Stanza {
  readonly kind = 'message';
  readonly type: MessageType;

  constructor(attrs: Attributes, content: readonly Node[] | Content, addresses: Addresses) {
    super('message', attrs, content, addresses);
    this.type = messageType(attrs.type);
  }
}

/** RFC 6121 §5.2.2: an unknown or missing type means normal. */
function messageType(given: string | undefined): MessageType {
  switch (given) {
    case 'chat':
    case 'groupchat':
    case 'headline':
    case 'error':
      return given;
    default:
      return 'normal';
  }
}

export class Presence extends Stanza {
  readonly kind = 'presence';
  readonly type: PresenceType;

  constructor(attrs: Attributes, content: readonly Node[] | Content, addresses: Addresses) {
    super('presence', attrs, content, addresses);
    this.type = (attrs.type as PresenceType | undefined) ?? 'available';
  }

  /** RFC 6121 §4.7.2.3: -128 to 127, 0 when absent; shapeStanza has refused anything else. */
  get priority(): number {
    return Number(this.childText('priority')?.trim() || 0);
  }
}

export class Iq extends Stanza {
  readonly kind = 'iq';
  readonly type: IqType;

  constructor(attrs: Attributes, content: readonly Node[] | Content, addresses: Addresses) {
    super('iq', attrs, content, addresses);
    this.type = attrs.type as IqType;
  }

  /** The one child element of a get or set; at most one in a result. */
  get payload(): Element | undefined {
    for (const node of this.children) if (typeof node !== 'string') return node;
    return undefined;
  }

  /** The empty or filled result of this request (RFC 6120 §8.2.3). */
  result(payload?: Element): Iq {
    const attrs = { id: this.id, type: 'result', to: this.from?.toString(), from: this.to?.toString() };
    return new Iq(attributes(attrs), payload === undefined ? [] : [payload], { to: this.from, from: this.to });
  }
}

function make(kind: StanzaKind, attrs: Attributes, content: readonly Node[] | Content, addresses: Addresses): Stanza {
  if (kind === 'message') return new Message(attrs, content, addresses);
  if (kind === 'presence') return new Presence(attrs, content, addresses);
  return new Iq(attrs, content, addresses);
}

type StanzaAttributes<Type extends string> = Addresses & {
  readonly type?: Type | undefined;
  readonly id?: string | undefined;
};

function build(kind: StanzaKind, given: StanzaAttributes<string>, children: readonly (Node | undefined)[]): Stanza {
  const attrs = { type: given.type, id: given.id, to: given.to?.toString(), from: given.from?.toString() };
  const nodes = children.filter((node) => node !== undefined);
  return make(kind, attributes(attrs), nodes, given);
}

export function message(attrs: StanzaAttributes<MessageType>, ...children: (Node | undefined)[]): Message {
  return build('message', attrs, children) as Message;
}

export function presence(
  attrs: StanzaAttributes<Exclude<PresenceType, 'available'>>,
  ...children: (Node | undefined)[]
): Presence {
  return build('presence', attrs, children) as Presence;
}

export function iq(attrs: StanzaAttributes<IqType> & { id: string; type: IqType }, payload?: Element): Iq {
  return build('iq', attrs, [payload]) as Iq;
}

export function isStanza(element: Element): boolean {
  return element.name === 'message' || element.name === 'presence' || element.name === 'iq';
}

/**
 * Gives a received element the shape of a stanza, with the addresses the caller has settled on.
 *
 * @param lang the language of a stanza that does not name one (RFC 6120 §8.1.5)
 * @throws StanzaError bad-request where RFC 6120 §8.2.3 or RFC 6121 §4.7 forbids the shape; the caller answers it.
 */
export function shapeStanza(element: Element, addresses: Addresses, lang?: string): Stanza {
  const { name, attrs, children } = element;
  const stanza = make(name as StanzaKind, addressed(attrs, addresses, lang), children, addresses);
  const fault = shapeFault(stanza);
  if (fault !== undefined) throw new MisshapenStanza(stanza, fault);
  return stanza;
}

/** The refusal of a stanza that could not be shaped, with what is needed to answer it. */
export class MisshapenStanza extends StanzaError {
  readonly stanza: Stanza;
  constructor(stanza: Stanza, text: string) {
    super('bad-request', text);
    this.stanza = stanza;
  }
}

function addressed(attrs: Attributes, { to, from }: Addresses, lang: string | undefined): Attributes {
  const all = newAttributes();
  for (const name in attrs) {
    // Those that most stanzas have by name: a store by a name that is not known ahead takes several times as long.
    switch (name) {
      case 'from':
        break;
      case 'to':
        if (to !== undefined) all.to = to.toString();
        break;
      case 'id':
        all.id = attrs.id as string;
        break;
      case 'type':
        all.type = attrs.type as string;
        break;
      default:
        all[name] = attrs[name] as string;
    }
  }
  if (to !== undefined) all.to = to.toString();
  if (from !== undefined) all.from = from.toString();
  if (lang !== undefined) all['xml:lang'] ??= lang;
  return all;
}

function shapeFault(stanza: Stanza): string | undefined {
  if (stanza instanceof Message) return undefined;
  const given = stanza.attrs.type;
  if (stanza instanceof Presence) {
    if (given !== undefined && !PRESENCE_TYPES.has(given)) return 'unknown presence type';
    return given === undefined ? presenceFault(stanza) : undefined;
  }
  if (given === undefined || !IQ_TYPES.has(given)) return 'the type of an iq is get, set, result or error';
  if (stanza.id === undefined) return 'an iq needs an id';
  const payloads = stanza.elements().length;
  if ((given === 'get' || given === 'set') && payloads !== 1) return 'an iq of type get or set has one child element';
  if (given === 'result' && payloads > 1) return 'an iq of type result has at most one child element';
  return undefined;
}

const SHOWS: ReadonlySet<string> = new Set(['away', 'chat', 'dnd', 'xa']);

function presenceFault(stanza: Presence): string | undefined {
  const shows = stanza.elements('show');
  if (shows.length > 1 || (shows[0] && !SHOWS.has(shows[0].text().trim()))) return 'show is one of away, chat, dnd, xa';
  const priorities = stanza.elements('priority');
  const priority = priorities[0]?.text().trim();
  if (priorities.length > 1 || (priority !== undefined && !isByte(priority))) return 'priority is -128 to 127';
  return undefined;
}

function isByte(text: string): boolean {
  return /^[+-]?\d{1,3}$/.test(text) && Number(text) >= -128 && Number(text) <= 127;
}
