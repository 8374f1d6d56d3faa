import { beforeEach, describe, expect, it } from 'vitest';
import { defineModule, Message, message, ns, type Stanza, StanzaError } from '#core';
import carbons from '#modules/carbons';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const enable = ns('urn:xmpp:carbons:2')('enable');
const disable = ns('urn:xmpp:carbons:2')('disable');
const BODY = '<body>hello</body>';
const ERROR = "<error type='cancel'><gone xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";

/** What came: `<m1>` for a message with that id, `sent(m1)` and `received(m1)` for a carbon of it. */
function seen(client: TestClient): string[] {
  return client
    .takeStanzas()
    .filter((stanza) => stanza instanceof Message)
    .map(described);
}
function described(stanza: Stanza): string {
  const carbon = stanza.childNs('urn:xmpp:carbons:2');
  const copied = carbon?.child('forwarded', 'urn:xmpp:forward:0')?.child('message', 'jabber:client');
  return copied === undefined ? `<${stanza.id}>` : `${carbon?.name}(${copied.attr('id')})`;
}

let server: TestHost;
/** Romeo's sessions: two with carbons, one without. */
let home: TestClient;
let garden: TestClient;
let plain: TestClient;
let juliet: TestClient;

async function start(...more: Parameters<typeof TestHost.start>[0]) {
  server = await TestHost.start([roster, presence, ...more, carbons], ['romeo', 'juliet']);
  [home, garden, plain] = [
    await server.logIn('romeo', 'home'),
    await server.logIn('romeo', 'garden'),
    await server.logIn('romeo', 'plain'),
  ];
  juliet = await server.logIn('juliet', 'balcony');
  for (const client of [home, garden]) expect((await client.request('set', enable)).type).toBe('result');
  for (const client of [home, garden, plain]) client.take();
}
beforeEach(() => start());

it('the sessions that want carbons get what another one sends and receives', () => {
  plain.send(`<message id='m1' type='chat' to='juliet@example.com/balcony'>${BODY}</message>`);
  juliet.send(`<message id='m2' type='chat' to='romeo@example.com/home'>${BODY}</message>`);
  expect([home, garden, plain].map(seen)).toEqual([['sent(m1)', '<m2>'], ['sent(m1)', 'received(m2)'], []]);
});

it('a message to the bare JID is copied to those whose priority left them out', async () => {
  garden.send('<presence><priority>-1</priority></presence>');
  await settled();
  for (const client of [home, plain, garden]) client.take();
  juliet.send(`<message id='m' type='chat' to='romeo@example.com'>${BODY}</message>`);
  expect([home, plain, garden].map(seen)).toEqual([['<m>'], ['<m>'], ['received(m)']]);
});

it('the copies of a message share its text', () => {
  juliet.send(`<message id='m' type='chat' to='romeo@example.com/plain'>${BODY}</message>`);
  const [[first], [second]] = [home.takeStanzas(), garden.takeStanzas()];
  expect(first?.children).toBe(second?.children);
});

it('a message to oneself comes to each session once, and not to the one that sent it', async () => {
  garden.send('<presence><priority>-1</priority></presence>');
  await settled();
  for (const client of [home, plain, garden]) client.take();
  home.send(`<message id='m1' type='chat' to='romeo@example.com/plain'>${BODY}</message>`);
  expect([home, garden, plain].map(seen)).toEqual([[], ['received(m1)'], ['<m1>']]);
  home.send(`<message id='m2' type='chat' to='romeo@example.com'>${BODY}</message>`);
  expect([home, garden, plain].map(seen)).toEqual([['<m2>'], ['received(m2)'], ['<m2>']]);
  garden.send(`<message id='m3' type='chat'>${BODY}</message>`);
  expect([home, garden, plain].map(seen)).toEqual([['<m3>'], [], ['<m3>']]);
});

it('a session that disabled them, or ended, gets no more', async () => {
  for (const request of [disable, disable]) expect((await garden.request('set', request)).type).toBe('result');
  home.session.disconnected();
  await settled();
  garden.take();
  plain.send(`<message id='m' type='chat' to='juliet@example.com'>${BODY}</message>`);
  expect([home, garden].map(seen)).toEqual([[], []]);
});

it('somebody else can neither enable nor disable', async () => {
  for (const request of [enable, disable]) {
    expect(StanzaError.from(await juliet.request('set', request, 'romeo@example.com')).condition).toBe('not-allowed');
  }
});

it('they are enabled within Bind 2 when the client asks', async () => {
  const bind = server.host.inline.binds.get('urn:xmpp:carbons:2');
  const [one, two] = [server.connect('romeo', 'one'), server.connect('romeo', 'two')];
  expect(await bind?.(one.session, enable)).toBeUndefined();
  expect(await bind?.(two.session, undefined)).toBeUndefined();
  juliet.send(`<message id='m' type='chat' to='romeo@example.com/plain'>${BODY}</message>`);
  expect([one, two].map(seen)).toEqual([['received(m)'], []]);
});

it('what a carbon is refused with goes to nobody', async () => {
  const refusing = defineModule({
    name: 'refusing',
    setup: (host) =>
      host.guard('client:delivering', ({ stanza }) => {
        if (stanza.childNs('urn:xmpp:carbons:2')) throw new StanzaError('policy-violation');
      }),
  });
  await start(refusing);
  plain.send(`<message id='m' type='chat' to='juliet@example.com'>${BODY}</message>`);
  await settled();
  expect([home, garden, plain, juliet].map(seen)).toEqual([[], [], [], ['<m>']]);
});

it('copied is what an earlier module made of the message for the account', async () => {
  const numbering = defineModule({
    name: 'numbering',
    setup(host) {
      const numbered = ({ stanza }: { stanza: Message }) => stanza.with({ id: 'numbered' });
      host.amend('message:sent', numbered);
      host.amend('message:received', numbered);
    },
  });
  await start(numbering);
  plain.send(`<message id='m' type='chat' to='juliet@example.com'>${BODY}</message>`);
  juliet.send(`<message id='m' type='chat' to='romeo@example.com/plain'>${BODY}</message>`);
  expect(seen(home)).toEqual(['sent(numbered)', 'received(numbered)']);
});

describe('copied are', () => {
  const x = (content = '') => `<x xmlns='http://jabber.org/protocol/muc#user'>${content}</x>`;
  it.each([
    ['of type chat', 'chat', '', true],
    ['of type normal with a body', 'normal', BODY, true],
    ['of a type nobody knows, with a body', 'unknown', BODY, true],
    ['not of type normal without one', 'normal', '<subject>no</subject>', false],
    ['not of type headline', 'headline', BODY, false],
    ['not of type groupchat', 'groupchat', BODY, false],
    ['not of type groupchat with an invitation', 'groupchat', "<x xmlns='jabber:x:conference' jid='a@b'/>", false],
    ['receipts', 'normal', "<received xmlns='urn:xmpp:receipts' id='m'/>", true],
    ['chat states', 'normal', "<active xmlns='http://jabber.org/protocol/chatstates'/>", true],
    ['chat markers', 'normal', "<displayed xmlns='urn:xmpp:chat-markers:0' id='m'/>", true],
    ['direct invitations', 'normal', "<x xmlns='jabber:x:conference' jid='a@b'/>", true],
    ['mediated invitations', 'normal', x("<invite from='a@b'/>"), true],
    ['not private ones', 'chat', `${BODY}<private xmlns='urn:xmpp:carbons:2'/>`, false],
    ['not those with the hint no-copy', 'chat', `${BODY}<no-copy xmlns='urn:xmpp:hints'/>`, false],
    ['not carbons', 'chat', `${BODY}<sent xmlns='urn:xmpp:carbons:2'/>`, false],
    ['not stray errors', 'error', BODY + ERROR, false],
  ])('%s', (_, type, content, copied) => {
    plain.send(`<message id='m1' type='${type}' to='juliet@example.com/balcony'>${content}</message>`);
    expect(seen(home)).toEqual(copied ? ['sent(m1)'] : []);
    juliet.send(`<message id='m2' type='${type}' to='romeo@example.com/plain'>${content}</message>`);
    expect(seen(home)).toEqual(copied ? ['received(m2)'] : []);
  });

  it('those without a type, whose carbons have none', () => {
    plain.send(`<message id='m' to='juliet@example.com'>${BODY}</message>`);
    expect(home.takeStanzas()[0]?.attr('type')).toBeUndefined();
  });

  it('not private messages from an occupant of a room, which come to all who joined', () => {
    juliet.send(`<message id='m' type='chat' to='romeo@example.com/plain'>${BODY}${x()}</message>`);
    expect([home, plain].map(seen)).toEqual([[], ['<m>']]);
  });

  it('mediated invitations, which come from the room itself', () => {
    const room = juliet.session.user; // any bare JID
    const mark = ns('http://jabber.org/protocol/muc#user');
    server.router.route(message({ id: 'm', from: room, to: plain.session.jid }, mark('x', {}, mark('invite'))));
    expect(seen(home)).toEqual(['received(m)']);
  });

  it('private messages to an occupant: for the sessions that have the nickname too', async () => {
    const room = (nick: string) => `juliet@example.com/${nick}`; // the server does not know who is a room
    for (const [client, nick] of [
      [home, 'montague'],
      [garden, 'other'],
      [plain, 'montague'],
    ] as const) {
      client.send(`<presence to='${room(nick)}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
    }
    await settled();
    plain.send(`<message id='m1' type='chat' to='${room('capulet')}'>${BODY}${x()}</message>`);
    plain.send(`<message id='m2' type='chat' to='${room('capulet')}'>${BODY}</message>`);
    expect([home, garden].map(seen)).toEqual([['sent(m1)', 'sent(m2)'], ['sent(m2)']]);
  });

  it('private messages to an occupant of a room that is not known to be joined: for all', () => {
    plain.send(`<message id='m' type='chat' to='juliet@example.com/capulet'>${BODY}${x()}</message>`);
    expect([home, garden].map(seen)).toEqual([['sent(m)'], ['sent(m)']]);
  });
});

describe('an error is copied when it answers a message that was', () => {
  const refused = (id: string, to: string) => `<message id='${id}' type='error' to='${to}'>${ERROR}</message>`;

  it('received from whom the message went to, also where that was a bare JID', () => {
    plain.send(`<message id='m1' type='chat' to='juliet@example.com'>${BODY}</message>`);
    plain.send(`<message id='m2' type='headline' to='juliet@example.com'>${BODY}</message>`);
    expect(seen(home)).toEqual(['sent(m1)']);
    for (const id of ['m1', 'm2', 'm3']) juliet.send(refused(id, 'romeo@example.com/plain'));
    expect([home, plain].map(seen)).toEqual([['received(m1)'], ['<m1>', '<m2>', '<m3>']]);
  });

  it('sent to whom the message came from', () => {
    juliet.send(`<message id='m1' type='chat' to='romeo@example.com/plain'>${BODY}</message>`);
    juliet.send(
      `<message id='m2' type='chat' to='romeo@example.com/plain'><private xmlns='urn:xmpp:carbons:2'/></message>`,
    );
    expect(seen(home)).toEqual(['received(m1)']);
    for (const id of ['m1', 'm2']) plain.send(refused(id, 'juliet@example.com/balcony'));
    expect(seen(home)).toEqual(['sent(m1)']);
  });

  it('with hints that are those of the message', () => {
    plain.send(`<message id='m' type='chat' to='juliet@example.com'>${BODY}</message>`);
    home.take();
    const hint = "<no-copy xmlns='urn:xmpp:hints'/>";
    juliet.send(`<message id='m' type='error' to='romeo@example.com/plain'>${hint}${ERROR}</message>`);
    expect(seen(home)).toEqual(['received(m)']);
  });

  it('made by the server', () => {
    plain.send(`<message id='m' type='chat' to='nobody@example.com'>${BODY}</message>`);
    expect(seen(home)).toEqual(['sent(m)', 'received(m)']);
  });

  it('among the latest 64, with an id of at most 128 characters', () => {
    const send = (id: string) =>
      plain.send(`<message id='${id}' type='chat' to='juliet@example.com'>${BODY}</message>`);
    const [fits, tooLong] = ['i'.repeat(128), 'i'.repeat(129)];
    for (const id of ['first', tooLong, fits]) send(id);
    for (let sent = 2; sent < 64; sent++) send(`m${sent}`);
    home.take();
    for (const id of ['first', tooLong, fits]) juliet.send(refused(id, 'romeo@example.com/plain'));
    expect(seen(home)).toEqual(['received(first)', `received(${fits})`]);
    send('m64');
    home.take();
    juliet.send(refused('first', 'romeo@example.com/plain'));
    expect(seen(home)).toEqual([]);
  });
});
