import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Jid, Presence, parseStored, type Stanza, shapeStanza } from '#core';
import csi from '#modules/csi';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestConnection, TestHost } from '../../../test/support/test-host.ts';

const ROMEO = 'romeo@example.com/orchard';
const ROOM = 'darkcave@chat.example.com';
const ACTIVE = "<active xmlns='urn:xmpp:csi:0'/>";
const INACTIVE = "<inactive xmlns='urn:xmpp:csi:0'/>";
const state = (name: string) => `<${name} xmlns='http://jabber.org/protocol/chatstates'/>`;
const typing = (id: string, more = '') => `<message id='${id}' type='chat'>${state('composing')}${more}</message>`;
const said = (id: string) => `<message id='${id}' type='chat'><body>hello</body>${state('active')}</message>`;
const available = (id: string, show = 'away') => `<presence id='${id}'><show>${show}</show></presence>`;
const event = (id: string, content: string, node = 'tune') =>
  `<message id='${id}' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'><items node='${node}'>${content}</items></event></message>`;
const item = (id: string) => `<item id='${id}'/>`;

let server: TestHost;
let juliet: TestClient;

async function start(config: object = {}) {
  server = await TestHost.start([roster, presence, [csi, config]], ['juliet']);
  juliet = await server.logIn('juliet', 'phone');
}
beforeEach(() => start());

function stanza(from: string | undefined, xml: string): Stanza {
  const element = parseStored(xml.replace(/^<(\w+)/, "<$1 xmlns='jabber:client'"));
  return shapeStanza(element, { to: juliet.session.jid, from: from === undefined ? undefined : Jid.parse(from) });
}
const arrives = (from: string | undefined, ...xml: string[]) => {
  for (const text of xml) juliet.session.deliver(stanza(from, text));
};
/** The ids of what was written since the last look. */
const written = () => juliet.takeStanzas().map(({ id }) => id);

describe('an inactive client', () => {
  beforeEach(() => juliet.send(INACTIVE));

  it('gets the newest presence of each resource when it is active again, in the order they came', () => {
    arrives(ROMEO, available('p1'));
    arrives('nurse@example.com/hall', available('p2'));
    arrives(ROMEO, available('p3', 'dnd'), "<presence id='p4' type='unavailable'/>");
    arrives('romeo@example.com/cell', available('p5'));
    expect(written()).toEqual([]);
    juliet.send(ACTIVE);
    expect(written()).toEqual(['p2', 'p4', 'p5']);
    arrives(ROMEO, available('p6'));
    expect(written()).toEqual(['p6']);
  });

  it('gets what is important at once, after what its sender sent before', () => {
    arrives('romeo@example.com/cell', available('p1'));
    arrives('nurse@example.com/hall', available('p2'));
    arrives(ROMEO, typing('t'), said('m'));
    expect(written()).toEqual(['p1', 't', 'm']);
    juliet.send(ACTIVE);
    expect(written()).toEqual(['p2']);
  });

  it.each([
    ['a message', said('x')],
    ['a receipt', "<message id='x'><received xmlns='urn:xmpp:receipts' id='m'/></message>"],
    ['an error', `<message id='x' type='error'>${state('composing')}<error type='cancel'/></message>`],
    ['a request', "<iq id='x' type='get'><ping xmlns='urn:xmpp:ping'/></iq>"],
    ['a result', "<iq id='x' type='result'/>"],
    ['a request for subscription', "<presence id='x' type='subscribe'/>"],
    ['an approval', "<presence id='x' type='subscribed'/>"],
    ['an error of presence', "<presence id='x' type='error'/>"],
    [
      'what happens to it in a room',
      "<presence id='x'><x xmlns='http://jabber.org/protocol/muc#user'><status code='110'/></x></presence>",
    ],
    ['a message in a room', "<message id='x' type='groupchat'><body>hi</body></message>"],
    ['several items at once', event('x', item('1') + item('2'))],
    [
      'the end of a node',
      "<message id='x'><event xmlns='http://jabber.org/protocol/pubsub#event'><purge node='n'/></event></message>",
    ],
  ])('gets %s at once', (_, xml) => {
    arrives(ROMEO, xml);
    expect(written()).toEqual(['x']);
  });

  it('gets the newest chat state of each conversation later', () => {
    arrives(ROMEO, typing('t1'), typing('t2', '<thread>a</thread>'), `<message id='t3'>${state('paused')}</message>`);
    arrives(ROMEO, typing('t4', "<no-store xmlns='urn:xmpp:hints'/><thread>a</thread>"));
    arrives('romeo@example.com/cell', typing('t5'));
    expect(written()).toEqual([]);
    juliet.send(ACTIVE);
    expect(written()).toEqual(['t3', 't4', 't5']);
  });

  it('gets carbons of chat states later, of each conversation the newest, and those of messages at once', () => {
    const carbon = (id: string, to: string, content: string) =>
      `<message id='${id}'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>` +
      `<message xmlns='jabber:client' from='juliet@example.com/desk' to='${to}'>${content}</message></forwarded></sent></message>`;
    const own = 'juliet@example.com';
    arrives(own, carbon('c1', ROMEO, state('composing')), carbon('c2', 'nurse@example.com', state('composing')));
    arrives(own, carbon('c3', ROMEO, state('paused')));
    expect(written()).toEqual([]);
    arrives(own, carbon('c4', ROMEO, '<body>hello</body>'));
    expect(written()).toEqual(['c2', 'c3', 'c4']);
  });

  it('gets notifications of PEP later, of each item the newest', () => {
    arrives('romeo@example.com', event('e1', item('current')), event('e2', item('current'), 'mood'));
    arrives(
      'romeo@example.com',
      event('e3', item('current')),
      event('e4', item('other')),
      event('e5', "<retract id='other'/>"),
    );
    arrives('nurse@example.com', event('e6', item('current')));
    expect(written()).toEqual([]);
    juliet.send(ACTIVE);
    expect(written()).toEqual(['e2', 'e3', 'e5', 'e6']);
  });

  it.each(['pubsub.example.com', ROMEO])('gets notifications of %s, which is no account, at once', (from) => {
    arrives(from, event('x', item('current')));
    expect(written()).toEqual(['x']);
  });

  it('gets all of it before the answer to what it asks when it is active', async () => {
    arrives(ROMEO, available('p'));
    const answers = await juliet.ask(ACTIVE, "<iq type='get' id='ping' to='example.com'><none xmlns='urn:none'/></iq>");
    expect(answers.map((xml) => /id="(\w+)"/.exec(xml)?.[1])).toEqual(['p', 'ping']);
  });

  it('is active when its session is resumed', () => {
    const rules = { maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} };
    juliet.session.manage(rules, { id: 'session', patienceMs: 1_000 });
    arrives(ROMEO, available('p1'));
    juliet.drop();
    const again = new TestConnection();
    juliet.session.attach(again);
    arrives(ROMEO, available('p2'));
    expect(again.written.map((element) => element.attr('id'))).toEqual(['p1', 'p2']);
  });

  it('stays inactive when it says so again', () => {
    arrives(ROMEO, available('p'));
    juliet.send(INACTIVE);
    expect(written()).toEqual([]);
    juliet.send(ACTIVE, ACTIVE);
    expect(written()).toEqual(['p']);
  });

  it('counts what has no sender as from the account', () => {
    arrives('juliet@example.com/desk', available('p1'));
    arrives(ROMEO, available('p2'));
    arrives(undefined, "<iq id='x' type='result'/>");
    expect(written()).toEqual(['p1', 'x']);
  });

  it('is ended for anything else in this namespace', () => {
    juliet.send("<asleep xmlns='urn:xmpp:csi:0'/>");
    expect(juliet.closedWith?.condition).toBe('unsupported-stanza-type');
  });
});

it('a client is active until it says otherwise', () => {
  arrives(ROMEO, available('p'), typing('t'));
  expect(written()).toEqual(['p', 't']);
});

it('is announced once a user has logged in', () => {
  const offers = (user?: Jid) => server.host.features.offers({ secure: true, user }).map(({ ns }) => ns);
  expect(offers()).not.toContain('urn:xmpp:csi:0');
  expect(offers(juliet.session.user)).toContain('urn:xmpp:csi:0');
});

it.each([
  ["<inactive xmlns='urn:xmpp:csi:0'/>", []],
  ["<active xmlns='urn:xmpp:csi:0'/>", ['p']],
  [undefined, ['p']],
])('a session bound with %s is as it says', async (request, seen) => {
  const bind = server.host.inline.binds.get('urn:xmpp:csi:0');
  expect(await bind?.(juliet.session, request === undefined ? undefined : parseStored(request))).toBeUndefined();
  arrives(ROMEO, available('p'));
  expect(written()).toEqual(seen);
});

it('no more is held back than the limit: past it all is written, in order', async () => {
  await start({
    max_held_bytes: 2 * stanza('romeo@example.com/terrace', available('p1')).toString('jabber:client').length,
  });
  juliet.send(INACTIVE);
  arrives('romeo@example.com/terrace', available('p1'));
  arrives('romeo@example.com/balcony', available('p2'));
  expect(written()).toEqual([]);
  arrives(ROMEO, available('p3'));
  expect(written()).toEqual(['p1', 'p2', 'p3']);
  for (const id of ['p4', 'p5', 'p6']) arrives('romeo@example.com/terrace', available(id));
  expect(written()).toEqual([]);
});

it('what is not configured to wait does not', async () => {
  await start({ hold: [] });
  juliet.send(INACTIVE);
  arrives(ROMEO, available('p'), typing('t'));
  arrives('romeo@example.com', event('e', item('current')));
  expect(written()).toEqual(['p', 't', 'e']);
});

describe('with groupchat among what waits', () => {
  const said = (id: string, body: string) => `<message id='${id}' type='groupchat'>${body}</message>`;
  beforeEach(async () => {
    await start({ hold: ['groupchat'] });
    juliet.send(`<presence to='${ROOM}/Capulet'><x xmlns='http://jabber.org/protocol/muc'/></presence>`, INACTIVE);
    await settled();
    juliet.take();
  });

  it('messages in rooms wait, each of them, and say when they came', () => {
    const came = new Date(server.clock.now()).toISOString();
    arrives(`${ROOM}/witch`, said('m1', '<body>double</body>'), said('m2', '<body>double</body>'));
    expect(written()).toEqual([]);
    server.clock.advance(60_000);
    juliet.send(ACTIVE);
    const got = juliet.takeStanzas();
    expect(got.map(({ id }) => id)).toEqual(['m1', 'm2']);
    expect(got.map((stanza) => stanza.child('delay', 'urn:xmpp:delay')?.attr('stamp'))).toEqual([came, came]);
  });

  it.each([
    ['that name the user', `${ROOM}/witch`, '<body>toil, capulet!</body>'],
    ['of the user', `${ROOM}/Capulet`, '<body>and trouble</body>'],
    ['that set the subject', `${ROOM}/witch`, '<subject>fire</subject><body>burn</body>'],
    ['without a text', `${ROOM}/witch`, "<x xmlns='urn:example:poll'/>"],
    ['in rooms that are not known to be joined', 'hall@chat.example.com/witch', '<body>double</body>'],
  ])('but not those %s', (_, from, content) => {
    arrives(from, said('m', content));
    expect(written()).toEqual(['m']);
  });
});

/** Who writes what, and what of it must not be lost or coalesced. */
const senders = ['romeo@example.com/orchard', 'romeo@example.com/cell', 'nurse@example.com/hall', `${ROOM}/witch`];
const anything = fc.array(
  fc.record({
    from: fc.constantFrom(...senders),
    kind: fc.constantFrom(
      'available',
      'unavailable',
      'subscribe',
      'message',
      'state',
      'groupchat',
      'event',
      'active',
      'inactive',
    ),
  }),
  { maxLength: 60, size: 'max' },
);

it('whatever comes: in the end the client knows the same presence, and has each message in the order of its sender', async () => {
  const build: Record<string, (id: string) => string> = {
    available: (id) => available(id),
    unavailable: (id) => `<presence id='${id}' type='unavailable'/>`,
    subscribe: (id) => `<presence id='${id}' type='subscribe'/>`,
    message: said,
    state: (id) => typing(id),
    groupchat: (id) => `<message id='${id}' type='groupchat'><body>double</body></message>`,
    event: (id) => event(id, item('current')),
  };
  await fc.assert(
    fc.asyncProperty(anything, fc.constantFrom(0, 600, 262_144), async (steps, max_held_bytes) => {
      await start({ hold: ['presence', 'chat-states', 'pep', 'groupchat'], max_held_bytes });
      juliet.send(`<presence to='${ROOM}/Capulet'/>`);
      await settled();
      juliet.take();
      const sent: Stanza[] = [];
      for (const [at, { from, kind }] of steps.entries()) {
        if (kind === 'active') juliet.send(ACTIVE);
        else if (kind === 'inactive') juliet.send(INACTIVE);
        else {
          const next = stanza(from, build[kind]?.(`${kind} ${at}`) ?? '');
          sent.push(next);
          juliet.session.deliver(next);
        }
      }
      juliet.send(ACTIVE);
      const got = juliet.takeStanzas();
      expect(presenceIn(got)).toEqual(presenceIn(sent));
      for (const bare of new Set(senders.map((from) => Jid.parse(from).bare()))) {
        expect(keptOf(got, bare)).toEqual(keptOf(sent, bare));
        expect(inOrder(got, bare)).toBe(true);
      }
    }),
    { numRuns: 300, seed: 352 },
  );
});

/** What a client makes of it: the last presence of each full JID. */
function presenceIn(stanzas: readonly Stanza[]): Record<string, string | undefined> {
  const known: Record<string, string | undefined> = {};
  for (const stanza of stanzas) {
    if (stanza instanceof Presence && stanza.type !== 'subscribe') known[`${stanza.from}`] = stanza.id;
  }
  return known;
}

const ofSender = (stanzas: readonly Stanza[], bare: Jid) => stanzas.filter(({ from }) => from?.bare().equals(bare));
const keptOf = (stanzas: readonly Stanza[], bare: Jid) =>
  ofSender(stanzas, bare)
    .map(({ id }) => id)
    .filter((id) => /^(message|groupchat|subscribe)/.test(id ?? ''));

function inOrder(stanzas: readonly Stanza[], bare: Jid): boolean {
  const places = ofSender(stanzas, bare).map(({ id }) => Number(id?.split(' ')[1]));
  return places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0));
}
