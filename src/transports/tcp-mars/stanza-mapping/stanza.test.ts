import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributes,
  Element,
  iq,
  Jid,
  limitsSchema,
  type Node,
  ns,
  parseStored,
  type Stanza,
  shapeStanza,
  xmlLimits,
} from '#core';
import { type Body, type BodyInit, ChatState, decodeBody, encodeBody, Hint, Receipt, Show } from '#protocol/mars';
import { fromExtension } from './extension.ts';
import { NS_CAPS, NS_CHAT_STATES, NS_HINTS, NS_MARKERS, NS_MARS, NS_RECEIPTS, NS_SHIM } from './namespaces.ts';
import { rosterQuery } from './roster.ts';
import { iqElement, messageElement, presenceElement, toBody } from './stanza.ts';

const NS_CLIENT = 'jabber:client';
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const limits = xmlLimits(limitsSchema.parse({}), 'logged in');

/** As it comes out of a frame. */
const sent = (body: BodyInit): Body => decodeBody(encodeBody(body));

function toElement(body: Body): Element {
  const { payload } = body;
  switch (payload.case) {
    case 'message':
      return messageElement(body, payload.value, limits);
    case 'presence':
      return presenceElement(body, payload.value, limits);
    case 'roster':
      return iqElement(body, rosterQuery(payload.value), limits);
    case 'iq':
      return iqElement(body, payload.value.payload && fromExtension(payload.value.payload, limits), limits);
    default:
      throw new Error(`no stanza: ${payload.case}`);
  }
}

/** The order of children that differ in name says nothing; nor does character data between them. */
function canonical(element: Element, isStanza = true): unknown {
  const attrs = Object.entries(element.attrs).sort();
  if (!isStanza)
    return [
      element.name,
      element.ns,
      attrs,
      element.children.map((node) => (typeof node === 'string' ? node : canonical(node, false))),
    ];
  const children = element.elements().map((child) => JSON.stringify(canonical(child, false)));
  return [element.name, element.ns, attrs, children.sort()];
}

const there = (stanza: Stanza): Element => toElement(sent(toBody(stanza)));

const word = fc.string({
  minLength: 1,
  maxLength: 8,
  unit: fc.constantFrom('a', 'b', 'Z', '1', 'é', '漢', '<', '&', '"', "'", ' ', '😀'),
});
const text = fc.oneof(word, fc.constantFrom('', '\n', ' x '));
const name = fc.constantFrom('a', 'body', 'x', 'item', 'delay', 'header', 'error', 'text', 'show');
const attrs = fc
  .dictionary(fc.constantFrom('id', 'by', 'ver', 'a', 'stamp', 'name', 'xml:lang'), text, { maxKeys: 3 })
  .map(attributes);
const namespace = fc.constantFrom(
  NS_CLIENT,
  'urn:example',
  NS_RECEIPTS,
  NS_CHAT_STATES,
  NS_HINTS,
  NS_MARKERS,
  NS_SHIM,
  NS_CAPS,
  NS_MARS,
  'urn:xmpp:sid:0',
  'urn:xmpp:delay',
);

/** Text that does not stand beside text, which a parser would give as one. */
const anything: fc.Arbitrary<Element> = fc.letrec<{ element: Element }>((tie) => ({
  element: fc
    .tuple(
      name,
      namespace,
      attrs,
      fc.oneof(
        { depthSize: 'small' },
        fc.constant([] as Node[]),
        word.map((one): Node[] => [one]),
        fc.array(tie('element'), { maxLength: 3 }),
      ),
    )
    .map(([tag, ns, own, children]) => new Element(tag, ns, own, children)),
})).element;

const el = (tag: string, namespaceName: string, own: Record<string, string> = {}, ...children: Node[]): Element =>
  new Element(
    tag,
    namespaceName,
    attributes(own),
    children.filter((node) => node !== ''),
  );

const known = fc.oneof(
  text.map((value) => el('body', NS_CLIENT, {}, value)),
  text.map((value) => el('subject', NS_CLIENT, {}, value)),
  text.map((value) => el('thread', NS_CLIENT, {}, value)),
  word.map((value) => el('body', NS_CLIENT, { 'xml:lang': 'it' }, value)),
  fc
    .constantFrom('active', 'composing', 'paused', 'inactive', 'gone', 'else')
    .map((state) => el(state, NS_CHAT_STATES)),
  fc.constantFrom('no-store', 'no-copy', 'store', 'no-permanent-store', 'else').map((hint) => el(hint, NS_HINTS)),
  fc.constant(el('request', NS_RECEIPTS)),
  text.map((id) => el('received', NS_RECEIPTS, { id })),
  text.map((id) => el('displayed', NS_MARKERS, { id })),
  fc.uint8Array({ maxLength: 5 }).map((bytes) => el('app', NS_MARS, {}, Buffer.from(bytes).toString('base64'))),
  text.map((value) => el('app', NS_MARS, {}, value)),
  text.map((id) => el('stanza-id', 'urn:xmpp:sid:0', { id, by: 'a@b' })),
  text.map((id) => el('origin-id', 'urn:xmpp:sid:0', { id })),
  fc
    .constantFrom('2026-01-01T00:00:00Z', 'once')
    .map((stamp) => el('delay', 'urn:xmpp:delay', { stamp, from: 'a.b' }, 'late')),
  fc
    .array(fc.tuple(fc.constantFrom('x', 'y', '__proto__', ''), text), { maxLength: 3 })
    .map((headers) =>
      el('headers', NS_SHIM, {}, ...headers.map(([header, value]) => el('header', NS_SHIM, { name: header }, value))),
    ),
  fc.constantFrom('away', 'chat', 'dnd', 'xa', ' xa').map((show) => el('show', NS_CLIENT, {}, show)),
  text.map((status) => el('status', NS_CLIENT, {}, status)),
  fc.constantFrom('0', '5', '-128', '127', '+5', '05', '').map((priority) => el('priority', NS_CLIENT, {}, priority)),
  fc.tuple(text, text).map(([node, ver]) => el('c', NS_CAPS, { node, ver, hash: 'sha-1' })),
  fc
    .tuple(
      fc.constantFrom('cancel', 'wait', 'odd', ''),
      fc.constantFrom('gone', 'item-not-found', 'odd'),
      text,
      fc.option(anything),
    )
    .map(([type, condition, why, app]) =>
      el(
        'error',
        NS_CLIENT,
        { type },
        el(condition, NS_STANZAS),
        el('text', NS_STANZAS, { 'xml:lang': 'en' }, why),
        ...(app ? [app] : []),
      ),
    ),
);

const address = fc.option(fc.constantFrom('a@b.example', 'a@b.example/c', 'b.example'), { nil: undefined });
const envelope = fc.record({
  id: fc.option(text, { nil: undefined }),
  'xml:lang': fc.option(fc.constantFrom('en', ''), { nil: undefined }),
  other: fc.option(text, { nil: undefined }),
});

function shaped(
  tag: string,
  own: Record<string, string | undefined>,
  children: Node[],
  to?: string,
  from?: string,
): Stanza {
  const addresses = {
    to: to === undefined ? undefined : Jid.parse(to),
    from: from === undefined ? undefined : Jid.parse(from),
  };
  return shapeStanza(new Element(tag, NS_CLIENT, attributes(own), children), addresses);
}

const children = fc.array(fc.oneof({ arbitrary: known, weight: 3 }, anything), { maxLength: 6 });

describe('from XMPP to a body and back nothing is lost', () => {
  it('of messages', () => {
    const type = fc.constantFrom(undefined, 'chat', 'error', 'groupchat', 'headline', 'normal', 'odd', '');
    fc.assert(
      fc.property(envelope, type, address, address, children, (own, kind, to, from, nodes) => {
        const stanza = shaped('message', { ...own, type: kind }, nodes, to, from);
        expect(canonical(there(stanza))).toEqual(canonical(stanza));
      }),
      { numRuns: 500 },
    );
  });

  it('of presence', () => {
    const type = fc.constantFrom('unavailable', 'subscribe', 'subscribed', 'unsubscribe', 'probe', 'error');
    fc.assert(
      fc.property(envelope, type, address, address, children, (own, kind, to, from, nodes) => {
        const stanza = shaped('presence', { ...own, type: kind }, nodes, to, from);
        expect(canonical(there(stanza))).toEqual(canonical(stanza));
      }),
      { numRuns: 500 },
    );
  });

  it('of requests, results and errors', () => {
    fc.assert(
      fc.property(fc.constantFrom('get', 'set', 'result'), word, address, anything, (type, id, to, payload) => {
        const stanza = shaped('iq', { type, id }, [payload], to, 'a@b.example/c');
        expect(canonical(there(stanza))).toEqual(canonical(stanza));
      }),
      { numRuns: 300 },
    );
    const error = ns(NS_CLIENT)('error', { type: 'cancel', by: 'b.example' }, el('gone', NS_STANZAS));
    for (const nodes of [[], [error], [el('query', 'urn:example'), error]]) {
      const stanza = shaped('iq', { type: nodes.length ? 'error' : 'result', id: 'i' }, nodes);
      expect(canonical(there(stanza))).toEqual(canonical(stanza));
    }
  });

  it.each([
    "<query xmlns='jabber:iq:roster' ver='7'><item jid='a@b' name='A' subscription='both'><group>X</group></item></query>",
    "<query xmlns='jabber:iq:roster'><item jid='a@b' subscription='remove'/></query>",
    "<query xmlns='jabber:iq:roster'><item jid='a@b' ask='subscribe' approved='true'/></query>",
    "<query xmlns='jabber:iq:roster'><item jid='a@b' approved='1' name=''/></query>",
    "<query xmlns='jabber:iq:roster' odd='1'><item jid='a@b'><odd/></item></query>",
  ])('of a roster push %#', (xml) => {
    const stanza = iq({ type: 'set', id: 'p' }, parseStored(xml));
    expect(canonical(there(stanza))).toEqual(canonical(stanza));
  });
});

describe('from a body to XMPP and back it is the same', () => {
  const given = fc.oneof(fc.constant(''), word);
  const message = fc.record({
    ...{ subject: fc.option(text, { nil: undefined }), body: fc.option(text, { nil: undefined }), thread: given },
    wantsReceipt: fc.boolean(),
    chatState: fc.constantFrom(ChatState.UNSPECIFIED, ChatState.ACTIVE, ChatState.GONE),
    hints: fc.subarray([Hint.NO_STORE, Hint.NO_COPY, Hint.STORE]),
    app: fc.uint8Array({ maxLength: 9 }),
  });
  const receipt = fc.oneof(
    fc.constant({}),
    word.map((receiptId) => ({ receipt: Receipt.RECEIVED, receiptId })),
  );
  const presence = fc.record({
    show: fc.constantFrom(Show.AVAILABLE, Show.AWAY, Show.DO_NOT_DISTURB),
    status: given,
    priority: fc.integer({ min: -128, max: 127 }),
    caps: fc.option(fc.record({ node: word, ver: word, hash: word }), { nil: undefined }),
  });
  const headers = fc.dictionary(word, text, { maxKeys: 3 });
  const more = fc.record({
    id: given,
    lang: fc.constantFrom('', 'it'),
    type: fc.constantFrom('', 'chat'),
    headers,
    originId: given,
  });

  function same(body: BodyInit): void {
    const first = sent(body);
    const element = toElement(first);
    const again = sent(toBody(shapeStanza(element, {})));
    expect(again).toEqual(first);
  }

  it('for messages', () => {
    fc.assert(
      fc.property(message, receipt, more, (one, two, own) => {
        same({ ...own, payload: { case: 'message', value: present({ ...one, ...two }) } } as BodyInit);
      }),
      { numRuns: 500 },
    );
  });

  it('for presence', () => {
    fc.assert(
      fc.property(presence, given, (value, id) =>
        same({ id, payload: { case: 'presence', value: present(value) } } as BodyInit),
      ),
      { numRuns: 300 },
    );
  });

  function present(value: object): object {
    return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));
  }
});

it('an error that has more than the fields can hold still says what it can', () => {
  const stanza = shaped('message', { type: 'error' }, [
    el('error', NS_CLIENT, { type: 'modify', code: '302' }, el('gone', NS_STANZAS, {}, 'xmpp:b@c')),
  ]);
  expect(sent(toBody(stanza))).toMatchObject({
    error: { type: 'modify', condition: 'gone', code: 302 },
    ext: [{ name: 'error' }],
  });
});

it('the time of a delay is told in the envelope too', () => {
  const stamp = '2026-01-01T00:00:00Z';
  const body = sent(toBody(shaped('message', {}, [el('delay', 'urn:xmpp:delay', { stamp })])));
  expect(body.stamp).toBe(BigInt(Date.parse(stamp)));
});
