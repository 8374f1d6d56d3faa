/** XEP-0352 §3.2: what can wait until somebody looks at the client again */
import { type ClientSession, type Element, type Jid, Message, NS_CLIENT, Presence, type Stanza } from '#core';

export const UNIMPORTANT = ['presence', 'chat-states', 'pep', 'groupchat'] as const;

const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';
const NS_EVENT = 'http://jabber.org/protocol/pubsub#event';
const NS_CARBONS = 'urn:xmpp:carbons:2';
const NS_FORWARD = 'urn:xmpp:forward:0';
const NS_MUC_USER = 'http://jabber.org/protocol/muc#user';
/** They add nothing to a chat state that somebody would have to see. */
const BESIDE_CHAT_STATES: ReadonlySet<string> = new Set([NS_CHAT_STATES, 'urn:xmpp:hints', 'urn:xmpp:sid:0']);

export class Unimportant {
  readonly #kinds: ReadonlySet<(typeof UNIMPORTANT)[number]>;
  readonly #nickIn: (session: ClientSession, room: Jid) => string | undefined;
  #last = 0;

  /** @param nickIn the nickname a session has in a room, as far as is known */
  constructor(
    kinds: readonly (typeof UNIMPORTANT)[number][],
    nickIn: (session: ClientSession, room: Jid) => string | undefined,
  ) {
    this.#kinds = new Set(kinds);
    this.#nickIn = nickIn;
  }

  /** The same for stanzas of which the newest is enough; undefined for what cannot wait. */
  keyOf(stanza: Stanza, session: ClientSession): string | undefined {
    if (stanza instanceof Presence) return this.#kinds.has('presence') ? presenceKey(stanza) : undefined;
    if (!(stanza instanceof Message) || stanza.type === 'error') return undefined;
    return (
      (this.#kinds.has('chat-states') ? chatStateKey(copied(stanza) ?? stanza) : undefined) ??
      (this.#kinds.has('pep') ? pepKey(stanza) : undefined) ??
      (this.#kinds.has('groupchat') ? this.#groupchatKey(stanza, session) : undefined)
    );
  }

  /** What is said in a room to nobody in particular, by somebody else. Each message counts. */
  #groupchatKey(message: Message, session: ClientSession): string | undefined {
    const body = message.childText('body');
    const { type, from } = message;
    if (type !== 'groupchat' || from === undefined || body === undefined || message.child('subject')) return undefined;
    const nick = this.#nickIn(session, from);
    if (nick === undefined || from.resource === nick || mentions(body, nick)) return undefined;
    return `groupchat ${++this.#last}`;
  }
}

/** Availability, but for what happens to the user himself in a room: status code 110 (XEP-0045 §7.2.2). */
function presenceKey(presence: Presence): string | undefined {
  const { type, from } = presence;
  if (type !== 'available' && type !== 'unavailable') return undefined;
  const codes = presence.child('x', NS_MUC_USER)?.elements('status') ?? [];
  return codes.some((status) => status.attr('code') === '110') ? undefined : `presence ${from}`;
}

/** XEP-0085 §5.3: a notification that stands alone. */
function chatStateKey(message: Element): string | undefined {
  let isState = false;
  for (const child of message.elements()) {
    if (child.ns === NS_CHAT_STATES) isState = true;
    else if (!BESIDE_CHAT_STATES.has(child.ns) && !child.is('thread', NS_CLIENT)) return undefined;
  }
  if (!isState) return undefined;
  return `chat-state ${message.attr('from')} ${message.attr('to')} ${message.childText('thread') ?? ''}`;
}

/** XEP-0163 §4.3.1: one item of a node of an account. A node that has but one calls it `current` (XEP-0060, Singleton Nodes). */
function pepKey(message: Message): string | undefined {
  const { from } = message;
  if (from === undefined || !from.isBare || from.local === '' || message.child('body') !== undefined) return undefined;
  const items = message.child('event', NS_EVENT)?.child('items');
  const [item, ...others] = items?.elements() ?? [];
  if (items === undefined || item === undefined || others.length > 0) return undefined;
  return `pep ${from} ${items.attr('node')} ${item.attr('id')}`;
}

/** The message inside a carbon (XEP-0280 §7, §8). */
function copied(message: Message): Element | undefined {
  return message.childNs(NS_CARBONS)?.child('forwarded', NS_FORWARD)?.child('message', NS_CLIENT);
}

function mentions(body: string, nick: string): boolean {
  return body.toLowerCase().includes(nick.toLowerCase());
}
