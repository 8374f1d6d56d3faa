import { beforeEach, describe, expect, test } from 'vitest';
import { type AnyModule, defineModule, type Message, ns, StanzaError } from '#core';
import mam from '#modules/mam';
import offline from '#modules/offline';
import presence from '#modules/presence';
import roster from '#modules/roster';
import streamManagement from '#modules/stream-management';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

let server: TestHost;
let romeo: TestClient;

async function start(config: object = {}, ...more: AnyModule[]): Promise<void> {
  server = await TestHost.start([roster, presence, [offline, config], ...more], ['romeo', 'juliet']);
  romeo = server.connect('romeo', 'orchard');
}

beforeEach(() => start());

const text = (body: string, more = '') =>
  `<message type='chat' id='${body}' to='juliet@example.com'><body>${body}</body>${more}</message>`;

/** Sends from romeo, and resolves with the conditions of the errors that come back. */
async function refusals(...stanzas: string[]): Promise<string[]> {
  romeo.send(...stanzas);
  await settled();
  return romeo.takeStanzas().map((stanza) => StanzaError.from(stanza).condition);
}

/** The bodies of the messages a client received since the last call. */
const bodies = (client: TestClient) =>
  client
    .takeStanzas()
    .filter(({ kind }) => kind === 'message')
    .map((stanza) => stanza.childText('body'));

async function available(client: TestClient, content = ''): Promise<TestClient> {
  client.send(`<presence>${content}</presence>`);
  await settled();
  return client;
}

const arrive = async (resource = 'balcony', content = '') => available(server.connect('juliet', resource), content);
const waiting = async () => (await server.host.stores.archive('offline').query('juliet', { limit: 1_000 })).length;

describe('what waits', () => {
  test('does not come when its time is over', async () => {
    const expires = (stamp: string) => `<notice xmlns='urn:x-tharsis:notices' kind='system' expires='${stamp}'/>`;
    await refusals(text('one', expires('2026-01-01T00:00:10Z')), text('two', expires('2026-01-01T00:00:11Z')));
    server.clock.advance(10_000);
    expect(bodies(await arrive())).toEqual(['two']);
    expect(await waiting()).toBe(0);
  });

  test('comes in order with the stamp of its arrival, once, when the user becomes available', async () => {
    expect(await refusals(text('one'))).toEqual([]);
    server.clock.advance(60_000);
    romeo.send("<message to='juliet@example.com' xml:lang='it'><subject>two</subject></message>");
    server.clock.advance(60_000);
    const juliet = await arrive();
    expect(juliet.take().filter((xml) => xml.startsWith('<message'))).toEqual([
      '<message type="chat" id="one" to="juliet@example.com" from="romeo@example.com/orchard"><body>one</body>' +
        '<delay xmlns="urn:xmpp:delay" from="example.com" stamp="2026-01-01T00:00:00.000Z"/></message>',
      '<message to="juliet@example.com" xml:lang="it" from="romeo@example.com/orchard"><subject>two</subject>' +
        '<delay xmlns="urn:xmpp:delay" from="example.com" stamp="2026-01-01T00:01:00.000Z"/></message>',
    ]);
    expect(await waiting()).toBe(0);
    expect(bodies(await arrive('chamber'))).toEqual([]);
  });

  test('is not for a resource that is connected only, or has a negative priority, until it has another', async () => {
    romeo.send(text('one'));
    const juliet = server.connect('juliet', 'balcony');
    await settled();
    expect(bodies(juliet)).toEqual([]);
    await available(juliet, '<priority>-1</priority>');
    romeo.send(text('two'));
    await settled();
    expect(bodies(juliet)).toEqual([]);
    await available(juliet, '<priority>0</priority>');
    expect(bodies(juliet)).toEqual(['one', 'two']);
  });

  test('goes to one of several resources', async () => {
    romeo.send(text('one'));
    const [balcony, chamber] = [server.connect('juliet', 'balcony'), server.connect('juliet', 'chamber')];
    balcony.send('<presence/>');
    chamber.send('<presence/>');
    await settled();
    expect([...bodies(balcony), ...bodies(chamber)]).toEqual(['one']);
  });

  test('for a resource that is gone keeps its address', async () => {
    romeo.send(text('one').replace('example.com', 'example.com/gone'));
    const [message] = (await arrive()).takeStanzas().filter(({ kind }) => kind === 'message');
    expect(message?.to?.toString()).toBe('juliet@example.com/gone');
  });

  test('goes with the account', async () => {
    romeo.send(text('one'));
    await settled();
    await server.host.deleteAccount('juliet');
    await server.host.createAccount('juliet', 'other');
    expect(bodies(await arrive())).toEqual([]);
  });

  test('is dropped when it is too old, where an age is set', async () => {
    await start({ max_age_days: 30 });
    romeo.send(text('old'));
    server.clock.advance(86_400_000);
    romeo.send(text('older than that'));
    server.clock.advance(29 * 86_400_000 + 1);
    romeo.send(text('new'));
    expect(bodies(await arrive())).toEqual(['older than that', 'new']);
    expect(await waiting()).toBe(0);
  });
});

describe('what does not wait', () => {
  test('a message not to be stored is refused, a chat state dropped', async () => {
    const state = "<composing xmlns='http://jabber.org/protocol/chatstates'/>";
    expect(await refusals(text('secret', "<no-store xmlns='urn:xmpp:hints'/>"))).toEqual(['service-unavailable']);
    expect(await refusals(`<message type='chat' to='juliet@example.com'>${state}</message>`)).toEqual([]);
    expect(bodies(await arrive())).toEqual([]);
  });

  test('a message for an account that does not exist is refused', async () => {
    expect(await refusals(text('one').replace('juliet', 'nobody'))).toEqual(['service-unavailable']);
  });

  test('groupchat, headline and error wait for nobody', async () => {
    const typed = (type: string) => text(type).replace("'chat'", `'${type}'`);
    expect(await refusals(typed('groupchat'), typed('headline'), typed('error'))).toEqual(['service-unavailable']);
    expect(bodies(await arrive())).toEqual([]);
  });
});

describe('a full store refuses', () => {
  test('one message more than it takes', async () => {
    await start({ max_messages: 2 });
    expect(await refusals(text('one'), text('two'))).toEqual([]);
    expect(await refusals(text('three'))).toEqual(['service-unavailable']);
    expect(bodies(await arrive())).toEqual(['one', 'two']);
    expect(await waiting()).toBe(0);
  });

  test('one character more than it takes, and takes a smaller one', async () => {
    await start({ max_size: 1_000 });
    const left = 1_000 - (await sizeOf(text('a')));
    expect(await refusals(text('b', 'x'.repeat(left + 1)))).toEqual(['service-unavailable']);
    expect(await refusals(text('c', 'x'.repeat(left)))).toEqual([]);
    expect(await refusals(text('d'))).toEqual(['service-unavailable']);
  });

  test('nothing that the archive has: who comes later finds it there', async () => {
    await start({ max_messages: 1 }, mam);
    expect(await refusals(text('one'), text('two'))).toEqual([]);
    expect(await refusals(text('three', "<no-permanent-store xmlns='urn:xmpp:hints'/>"))).toEqual([
      'service-unavailable',
    ]);
    expect(bodies(await arrive())).toEqual(['one']);
  });

  /** Of what is stored for it; nothing waits afterwards. */
  async function sizeOf(stanza: string): Promise<number> {
    romeo.send(stanza);
    const { size } = await server.host.stores.archive('offline').extent('juliet');
    await server.host.stores.archive('offline').purge('juliet');
    return size;
  }
});

test.each([
  [1, ['one']],
  [2, ['one', 'two']],
])('what the archive does not have any more comes also to who has read it: %i of two', async (gone, expected) => {
  await start({}, mam);
  await refusals(text('one'), text('two'));
  await server.host.stores.archive('mam').trim('juliet', gone);
  server.clock.advance(1_000);
  const juliet = server.connect('juliet', 'balcony');
  await juliet.ask("<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>");
  await available(juliet);
  expect(bodies(juliet)).toEqual(expected);
});

describe('while it is handed over', () => {
  test('what comes for the account does not overtake it, and other resources get it at once', async () => {
    for (let sent = 0; sent < 250; sent++) romeo.send(text(`${sent}`));
    const chamber = await arrive('chamber', '<priority>-1</priority>');
    const balcony = server.connect('juliet', 'balcony');
    balcony.send('<presence/>');
    chamber.send('<presence/>');
    romeo.send(text('last'), text('for the chamber').replace('example.com', 'example.com/chamber'));
    expect(bodies(chamber)).toEqual(['last', 'for the chamber']);
    for (let turn = 0; turn < 10; turn++) await settled();
    expect(bodies(balcony)).toEqual([...Array(250).keys(), 'last'].map(String));
    expect(bodies(chamber)).toEqual([]);
  });

  test('a headline, and what is not to be stored, is delivered as ever', async () => {
    romeo.send(text('one'));
    const juliet = server.connect('juliet', 'balcony');
    juliet.send('<presence/>');
    romeo.send(text('news').replace("'chat'", "'headline'"), text('secret', "<no-store xmlns='urn:xmpp:hints'/>"));
    expect(bodies(juliet)).toEqual(['one', 'news', 'secret']);
    await settled();
    expect(bodies(juliet)).toEqual([]);
  });

  test('a store that is full refuses what comes', async () => {
    await start({ max_messages: 1 });
    romeo.send(text('one'));
    server.connect('juliet', 'balcony').send('<presence/>');
    expect(await refusals(text('two'))).toEqual(['service-unavailable']);
    expect(await refusals(text('three'))).toEqual([]);
  });

  test('a store that is full lets through what the archive has', async () => {
    await start({ max_messages: 1 }, mam);
    romeo.send(text('one'));
    const juliet = server.connect('juliet', 'balcony');
    juliet.send('<presence/>');
    expect(await refusals(text('two'))).toEqual([]);
    expect(bodies(juliet)).toEqual(['one', 'two']);
  });

  test('the resource can leave: the rest goes to the next that is there', async () => {
    for (let sent = 0; sent < 250; sent++) romeo.send(text(`${sent}`));
    const [balcony, chamber] = [server.connect('juliet', 'balcony'), server.connect('juliet', 'chamber')];
    balcony.send('<presence/>');
    chamber.send('<presence/>');
    balcony.send("<presence type='unavailable'/>");
    for (let turn = 0; turn < 10; turn++) await settled();
    expect([...bodies(balcony), ...bodies(chamber)]).toEqual([...Array(250).keys()].map(String));
    expect(await waiting()).toBe(0);
  });

  test('another resource that gets what comes meanwhile does not get it again when the first one is gone', async () => {
    romeo.send(text('one'));
    const balcony = server.connect('juliet', 'balcony');
    balcony.session.manage({ maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} });
    await available(balcony);
    const chamber = await arrive('chamber');
    romeo.send(text('two'));
    expect(bodies(chamber)).toEqual(['two']);
    balcony.drop();
    await settled();
    expect([bodies(chamber), await waiting()]).toEqual([['one'], 0]);
  });

  test('what that resource has not acknowledged either comes once to the next', async () => {
    romeo.send(text('one'));
    const resources = ['balcony', 'chamber'].map((resource) => server.connect('juliet', resource));
    for (const { session } of resources) {
      session.manage({ maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} });
    }
    for (const resource of resources) await available(resource);
    romeo.send(text('two'));
    for (const resource of resources.toReversed()) resource.drop();
    await settled();
    expect(bodies(await arrive('garden'))).toEqual(['one', 'two']);
  });

  test('a session that ends before its link has taken it keeps all of it for the next', async () => {
    romeo.send(text('one'), text('two'));
    const balcony = server.connect('juliet', 'balcony');
    balcony.send('<presence/>');
    balcony.session.disconnected();
    await settled();
    expect(await waiting()).toBe(2);
    expect(bodies(await arrive('chamber'))).toEqual(['one', 'two']);
    expect(await waiting()).toBe(0);
  });
});

describe('with stream management', () => {
  const SM = "xmlns='urn:xmpp:sm:3'";
  const acknowledge = (client: TestClient, h: number) => client.send(`<a ${SM} h='${h}'/>`);

  async function managed(resource: string, resume: boolean): Promise<TestClient> {
    const client = server.connect('juliet', resource);
    client.send(`<enable ${SM} resume='${resume}'/>`);
    return available(client);
  }

  beforeEach(async () => {
    await start({}, streamManagement);
    romeo.send(text('one'), text('two'), text('three'));
    await settled();
  });

  test('a message waits until it is acknowledged', async () => {
    const juliet = await managed('balcony', false);
    expect(bodies(juliet)).toEqual(['one', 'two', 'three']);
    expect(await waiting()).toBe(3);
    // The first stanza is her own presence.
    acknowledge(juliet, 4);
    await settled();
    expect(await waiting()).toBe(0);
  });

  test('what comes meanwhile is not held up by a client that acknowledges less than it has', async () => {
    const juliet = await managed('balcony', false);
    acknowledge(juliet, 2);
    romeo.send(text('four'));
    await settled();
    romeo.send(text('five'));
    await settled();
    expect(bodies(juliet)).toEqual(['one', 'two', 'three', 'four', 'five']);
    acknowledge(juliet, 5);
    await settled();
    acknowledge(juliet, 6);
    await settled();
    expect([bodies(juliet), await waiting()]).toEqual([[], 0]);
  });

  test('what was given meanwhile and not acknowledged goes to the next session', async () => {
    const juliet = await managed('balcony', false);
    romeo.send(text('four'), text('five'));
    await settled();
    acknowledge(juliet, 5);
    await settled();
    juliet.session.disconnected();
    await settled();
    expect(bodies(await managed('chamber', false))).toEqual(['five']);
  });

  test('what was not acknowledged goes to the next session, and what was does not', async () => {
    const juliet = await managed('balcony', false);
    acknowledge(juliet, 2);
    juliet.session.disconnected();
    await settled();
    expect(await waiting()).toBe(2);
    expect(bodies(await managed('chamber', false))).toEqual(['two', 'three']);
  });

  test('an end after all was acknowledged leaves nothing', async () => {
    const juliet = await managed('balcony', false);
    acknowledge(juliet, 4);
    juliet.session.disconnected();
    await settled();
    expect(await waiting()).toBe(0);
    expect(bodies(await arrive('chamber'))).toEqual([]);
  });

  test('what comes while a session waits to be resumed comes after what it has not acknowledged', async () => {
    const juliet = await managed('balcony', true);
    acknowledge(juliet, 2);
    juliet.session.disconnected();
    romeo.send(text('four'));
    await settled();
    expect(await waiting()).toBe(4);
    juliet.session.close();
    await settled();
    expect(bodies(await arrive('chamber'))).toEqual(['two', 'three', 'four']);
  });
});

describe('where the archive has it already', () => {
  const id = ns('urn:xmpp:sid:0');
  /** In place of the archive: takes every message with a body but those marked as private. */
  const archive = defineModule({
    name: 'mam',
    setup(host) {
      host.feature('urn:xmpp:mam:2', 'account');
      host.iq('set', 'query', 'urn:xmpp:mam:2', 'self', () => {});
      host.amend('message:received', ({ user, stanza }): Message | undefined => {
        if (stanza.child('private', 'urn:example') !== undefined) return;
        return stanza.withChildren([...stanza.children, id('stanza-id', { by: user.toString(), id: '1' })]);
      });
    },
  });
  const query = (content = '') => `<iq type='set' id='q'><query xmlns='urn:xmpp:mam:2'>${content}</query></iq>`;
  const only = (jid: string) =>
    query(`<x xmlns='jabber:x:data' type='submit'><field var='with'><value>${jid}</value></field></x>`);

  beforeEach(async () => {
    await start({}, archive);
    romeo.send(text('archived'), text('private', "<private xmlns='urn:example'/>"));
    server.clock.advance(1_000);
  });

  const arriveAfter = (...stanzas: string[]) => {
    const juliet = server.connect('juliet', 'balcony');
    juliet.send(...stanzas);
    return available(juliet);
  };

  test('a client that did not ask the archive gets all of it, with the id it has there', async () => {
    const messages = (await arriveAfter()).takeStanzas().filter(({ kind }) => kind === 'message');
    expect(messages.map((message) => message.childNs('urn:xmpp:sid:0')?.attr('id'))).toEqual(['1', undefined]);
  });

  test('a client that read the archive first gets only what is not there, and what came since', async () => {
    const juliet = server.connect('juliet', 'balcony');
    juliet.send(query());
    romeo.send(text('later'));
    expect(bodies(await available(juliet))).toEqual(['private', 'later']);
    expect(await waiting()).toBe(0);
  });

  test('a client that read one conversation only gets all of it', async () => {
    expect(bodies(await arriveAfter(only('romeo@example.com')))).toEqual(['archived', 'private']);
  });

  test('a client that read the archive of a room gets all of it', async () => {
    const room = query().replace("<iq type='set'", "<iq type='set' to='room@example.com'");
    expect(bodies(await arriveAfter(room))).toEqual(['archived', 'private']);
  });

  test('without an archive its mark means nothing', async () => {
    await start();
    romeo.send(text('marked', "<stanza-id xmlns='urn:xmpp:sid:0' by='juliet@example.com' id='1'/>"));
    server.clock.advance(1_000);
    expect(bodies(await arriveAfter(query()))).toEqual(['marked']);
  });
});

test('the host says that it keeps messages', () => {
  expect(server.host.features.features('host')).toContain('msgoffline');
});
