/** What gets into an archive, and what its owner is told of it */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { type Message, stanzaId } from '#core';
import mam from '#modules/mam';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { bodies, query } from '../../../test/support/archive.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

let server: TestHost;
let romeo: TestClient;
let juliet: TestClient;

beforeEach(async () => {
  server = await TestHost.start([roster, presence, mam], ['romeo', 'juliet']);
  romeo = await server.logIn('romeo', 'orchard');
  juliet = await server.logIn('juliet', 'balcony');
});

const to = "to='juliet@example.com/balcony'";
const idOf = (xml: string | undefined) => /<stanza-id[^>]*>/.exec(xml ?? '')?.[0];

describe('a message', () => {
  it('gets into the archives of its sender and of its recipient, with all it has', async () => {
    const xml = `<message ${to} type='chat' id='m1' xml:lang='en'><body>Hail</body><x xmlns='urn:x'><y/></x></message>`;
    romeo.send(xml);
    const [sent] = (await query(romeo)).results;
    const [received] = (await query(juliet)).results;
    expect(sent?.message.attrs).toMatchObject({
      from: 'romeo@example.com/orchard',
      to: 'juliet@example.com/balcony',
      type: 'chat',
      id: 'm1',
      'xml:lang': 'en',
    });
    expect(sent?.message.children.map(String)).toEqual([
      '<body xmlns="jabber:client">Hail</body>',
      '<x xmlns="urn:x"><y/></x>',
    ]);
    expect(received?.message).toEqual(sent?.message);
    expect(received?.stamp).toBe(new Date(server.clock.now()).toISOString());
  });

  it('comes with its id in the archive of who gets it, and without that of the sender', async () => {
    romeo.send(`<message ${to}><body>1</body></message>`, `<message ${to}><body>2</body></message>`);
    expect(juliet.take().map(idOf)).toEqual([
      '<stanza-id xmlns="urn:xmpp:sid:0" by="juliet@example.com" id="1"/>',
      '<stanza-id xmlns="urn:xmpp:sid:0" by="juliet@example.com" id="2"/>',
    ]);
    expect((await query(juliet)).results.map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('has its id in the copy for the other clients of its sender, while nothing more is routed', async () => {
    const copies: Message[] = [];
    server.host.hooks.add('message:sent', 'observe', ({ stanza }) => void copies.push(stanza as Message));
    const routed: string[] = [];
    server.host.hooks.add('host:arrived', 'observe', ({ stanza }) => void routed.push(String(stanza)));
    romeo.send(`<message ${to} type='chat'><body>Hail</body></message>`);
    expect(copies[0]?.children.at(-1)).toEqual(stanzaId(romeo.session.user, '1'));
    expect(routed[0]).not.toContain('stanza-id');
  });

  it('is kept for an account that is not there', async () => {
    juliet.session.disconnected();
    const hail = (extension: string) =>
      romeo.ask(`<message to='juliet@example.com' type='chat'><body>Hail</body>${extension}</message>`);
    expect(await hail('')).toEqual([]);
    expect(await hail("<no-store xmlns='urn:xmpp:hints'/>")).toEqual([expect.stringContaining('service-unavailable')]);
    expect(bodies(await query(await server.logIn('juliet', 'balcony')))).toEqual(['Hail']);
  });

  it('is archived once when several clients get it', async () => {
    await server.logIn('juliet', 'chamber');
    romeo.send("<message to='juliet@example.com' type='chat'><body>Hail</body></message>");
    expect(bodies(await query(juliet))).toEqual(['Hail']);
  });

  it.each([
    ['the own account', "to='romeo@example.com'"],
    ['another own client', "to='romeo@example.com/garden'"],
    ['nobody, which is the own account', ''],
  ])('to %s is archived once', async (_where, address) => {
    const garden = await server.logIn('romeo', 'garden');
    garden.send('<presence><priority>1</priority></presence>');
    await settled();
    garden.take();
    romeo.send(`<message ${address} type='chat'><body>Note</body></message>`);
    expect(idOf(garden.take()[0])).toContain('id="1"');
    expect(bodies(await query(romeo))).toEqual(['Note']);
    expect(bodies(await query(romeo, { with: 'romeo@example.com' }))).toEqual(['Note']);
  });

  it('that is refused by the host of its sender is not archived', async () => {
    server.host.hooks.add('client:sent', 'guard', () => false);
    romeo.send(`<message ${to}><body>Hail</body></message>`);
    expect((await server.host.stores.archive('mam').query('romeo', { limit: 1 })).length).toBe(0);
  });
});

describe('what is archived', () => {
  const hint = (name: string) => `<${name} xmlns='urn:xmpp:hints'/>`;
  const active = "<active xmlns='http://jabber.org/protocol/chatstates'/>";

  it.each([
    ['a body', "type='chat'", '<body>1</body>'],
    ['a body of type normal', '', '<body>1</body>'],
    ['a body with a chat state', "type='chat'", `${active}<body>1</body>`],
    ['a receipt', "type='chat'", "<received xmlns='urn:xmpp:receipts' id='1'/>"],
    ['a marker', "type='chat'", "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/>"],
    ['a reaction', "type='chat'", "<reactions xmlns='urn:xmpp:reactions:0' id='1'/>"],
    ['an encrypted message', "type='chat'", "<encrypted xmlns='eu.siacs.conversations.axolotl'/>"],
    ['an invitation', '', "<x xmlns='jabber:x:conference' jid='coven@chat.example'/>"],
    ['what the sender wants stored', "type='chat'", `<x xmlns='urn:x'/>${hint('store')}`],
  ])('%s', async (_what, type, content) => {
    romeo.send(`<message ${to} ${type}>${content}</message>`);
    expect((await query(romeo)).results).toHaveLength(1);
    expect((await query(juliet)).results).toHaveLength(1);
  });

  it.each([
    ['a chat state alone', "type='chat'", active],
    ['something unknown without a body', "type='chat'", "<x xmlns='urn:x'/>"],
    ['nothing', "type='chat'", ''],
    ['a body of another namespace', "type='chat'", "<body xmlns='http://www.w3.org/1999/xhtml'>1</body>"],
    ['a headline', "type='headline'", '<body>1</body>'],
    ['a message of a room', "type='groupchat'", '<body>1</body>'],
    ['an error', "type='error'", `<body>1</body>${hint('store')}`],
    ['what the sender does not want stored', "type='chat'", `<body>1</body>${hint('no-store')}`],
    ['… nor kept for long', "type='chat'", `<body>1</body>${hint('no-permanent-store')}`],
    ['… whatever else it says', "type='chat'", `${hint('no-store')}<body>1</body>${hint('store')}`],
  ])('is not %s', async (_what, type, content) => {
    romeo.send(`<message ${to} ${type}>${content}</message>`);
    expect(juliet.take().map(idOf)).toEqual([undefined]);
    expect((await query(romeo)).results).toEqual([]);
    expect((await query(juliet)).results).toEqual([]);
  });
});

describe('an id that others claim to have got from the archive', () => {
  const claim = (by: string) => `<stanza-id xmlns='urn:xmpp:sid:0' by='${by}' id='666'/>`;

  it('is taken out of what comes in, archived or not', () => {
    const forged = claim('juliet@example.com') + claim('JULIET@Example.com');
    romeo.send(
      `<message ${to}><body>1</body>${forged}</message>`,
      `<message ${to} type='headline'>${forged}</message>`,
    );
    const got = juliet.take();
    expect(got).toHaveLength(2);
    expect(got.join('')).not.toContain('666');
  });

  it('is taken out of what goes out in the name of the sender', () => {
    romeo.send(`<message ${to} type='headline'>${claim('romeo@example.com')}</message>`);
    expect(juliet.take()).toEqual([expect.not.stringContaining('666')]);
  });

  it('stays where it is of somebody else, and so does an origin-id', () => {
    const kept = `${claim('coven@chat.example')}<origin-id xmlns='urn:xmpp:sid:0' id='o'/>`;
    romeo.send(`<message ${to} type='headline'>${kept}</message>`);
    expect(juliet.take()[0]?.match(/666|origin-id/g)).toEqual(['666', 'origin-id']);
  });
});

test('sender and recipient share the stored text', async () => {
  romeo.send(`<message ${to}><body>Hail</body></message>`);
  const archive = server.host.stores.archive('mam');
  const [mine, hers] = [await archive.get('romeo', 1), await archive.get('juliet', 1)];
  expect(mine).toEqual({ ...hers, with: 'juliet@example.com' });
  expect(hers?.with).toBe('romeo@example.com');
});

test('what is kept for an account goes with it', async () => {
  romeo.send(`<message ${to}><body>Hail</body></message>`);
  await server.host.deleteAccount('juliet');
  expect(await server.host.stores.archive('mam').extent('juliet')).toEqual({ first: 0, last: 0, size: 0 });
  expect((await query(romeo)).results).toHaveLength(1);
});

test('the archive is announced at the account', () => {
  expect(server.host.features.features('account')).toEqual(
    expect.arrayContaining([
      'urn:xmpp:mam:2',
      'urn:xmpp:mam:2#extended',
      'urn:xmpp:mam:2#groupchat-field',
      'http://jabber.org/protocol/rsm',
      'urn:xmpp:sid:0',
    ]),
  );
  expect(server.host.features.features('host')).not.toContain('urn:xmpp:mam:2');
});
