import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage, Iq, iq, ns, StanzaError, type Stores } from '#core';
import csi from '#modules/csi';
import presence from '#modules/presence';
import push from '#modules/push-notifications';
import roster from '#modules/roster';
import streamManagement from '#modules/stream-management';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const SERVICE = 'push@example.com/service';
const options = (secret: string) =>
  "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field>" +
  `<field var='secret'><value>${secret}</value></field></x>`;
const enabling = (attrs: string, content = '') =>
  `<iq type='set' id='e'><enable xmlns='urn:xmpp:push:0' ${attrs}>${content}</enable></iq>`;
const disabling = (attrs: string) => `<iq type='set' id='d'><disable xmlns='urn:xmpp:push:0' ${attrs}/></iq>`;
const NODE = `jid='${SERVICE}' node='phone'`;

let server: TestHost;
let service: TestClient;
let romeo: TestClient;
let stores: Stores;

async function start(config: object = {}): Promise<void> {
  const accounts = server === undefined ? ['romeo', 'juliet', 'push'] : [];
  server = await TestHost.start(
    [roster, presence, csi, streamManagement, [push, config]],
    accounts,
    'example.com',
    stores,
  );
  service = server.connect('push', 'service');
  romeo = server.connect('romeo', 'orchard');
}

async function restart(config: object = {}): Promise<void> {
  await start(config);
  server.clock.advance(10_000);
  await settled();
}

beforeEach(async () => {
  server = undefined as unknown as TestHost;
  stores = createMemoryStorage().stores('example.com');
  await start();
});

/** Enables from a session of juliet, which stays. */
async function phone(...requests: string[]): Promise<TestClient> {
  const client = server.connect('juliet', 'phone');
  for (const answer of await client.ask(...requests)) expect(answer).toContain('type="result"');
  return client;
}

/** The phone of juliet has enabled these, and is gone. */
async function away(...requests: string[]): Promise<void> {
  (await phone(...requests)).session.disconnected();
}

async function say(body: string, more = ''): Promise<void> {
  romeo.send(`<message type='chat' to='juliet@example.com'><body>${body}</body>${more}</message>`);
  await settled();
}

/** What the service was asked to publish since the last call. */
const requests = () => service.takeStanzas().filter((stanza) => stanza instanceof Iq);
const nodeOf = (request: Iq) => request.payload?.child('publish')?.attr('node');
const fieldsOf = (request: Iq) => {
  const item = request.payload?.child('publish')?.child('item');
  const form = item?.child('notification', 'urn:xmpp:push:0')?.child('x', 'jabber:x:data');
  return form?.elements('field').map((field) => [field.attr('var'), field.childText('value')]);
};
const countOf = (request: Iq | undefined) =>
  request && fieldsOf(request)?.find(([name]) => name === 'message-count')?.[1];

/** Takes the requests, and answers all of them. */
async function answer(error?: StanzaError): Promise<(string | undefined)[]> {
  const taken = requests();
  for (const request of taken) {
    const reply = error === undefined ? request.result() : request.errorReply(error);
    service.send(reply.toString('jabber:client').replace(/ from="[^"]*"/, ''));
  }
  await settled();
  return taken.map(countOf);
}

const registered = async () => [...(await stores.map('push').entries('juliet')).keys()];
const queued = async () => (await stores.map('push-queue').owners()).length;

describe('enabling', () => {
  it('the service is told of a message, by the server, with the options it asked for', async () => {
    await away(enabling(NODE, options('eruio234vzxc2kla-91')));
    await say('hello');
    const [request] = requests();
    expect(request?.toString('jabber:client').replace(/ id="[^"]*"/, '')).toBe(
      '<iq type="set" to="push@example.com/service" from="example.com"><pubsub xmlns="http://jabber.org/protocol/pubsub">' +
        '<publish node="phone"><item><notification xmlns="urn:xmpp:push:0"><x xmlns="jabber:x:data" type="result">' +
        '<field var="FORM_TYPE" type="hidden"><value>urn:xmpp:push:summary</value></field>' +
        '<field var="message-count" type="text-single"><value>1</value></field></x></notification></item></publish>' +
        '<publish-options><x xmlns="jabber:x:data" type="submit"><field var="FORM_TYPE">' +
        '<value>http://jabber.org/protocol/pubsub#publish-options</value></field>' +
        '<field var="secret"><value>eruio234vzxc2kla-91</value></field></x></publish-options></pubsub></iq>',
    );
  });

  it('a service without a node, and each of several nodes, is told', async () => {
    await away(enabling(`jid='${SERVICE}'`), enabling(NODE), enabling(NODE.replace('phone', 'tablet')));
    await say('hello');
    expect(requests().map(nodeOf).sort()).toEqual(['phone', 'tablet', undefined]);
  });

  it('the last options count', async () => {
    await away(enabling(NODE, options('first')), enabling(NODE, options('second')));
    await say('hello');
    expect(requests().map(String)).toEqual([expect.stringContaining('>second<')]);
  });

  it.each([
    ['without a jid', enabling("node='phone'"), 'bad-request'],
    ['with a jid that is none', enabling("jid='@' node='phone'"), 'jid-malformed'],
    ['with another form', enabling(NODE, options('s').replace('publish-options', 'other')), 'bad-request'],
    ['with options that are too long', enabling(NODE, options('s'.repeat(4_096))), 'not-acceptable'],
    ['for somebody else', enabling(NODE).replace('id=', "to='romeo@example.com' id="), 'forbidden'],
  ])('%s is refused', async (_, request, condition) => {
    const [answered] = await server.connect('juliet', 'phone').ask(request);
    expect(answered).toContain(`<${condition} `);
    expect(await registered()).toEqual([]);
  });

  it('one service more than the limit is refused, and one that is enabled already is not', async () => {
    await start({ max_services: 2 });
    const client = await phone(enabling("jid='a'"), enabling("jid='b'"), enabling("jid='b'", options('new')));
    expect(await client.ask(enabling("jid='c'"))).toEqual([expect.stringContaining('<resource-constraint ')]);
    expect(await registered()).toHaveLength(2);
  });

  it('an account says that it can be enabled', () => {
    expect(server.host.features.features('account')).toContain('urn:xmpp:push:0');
  });
});

describe('disabling', () => {
  it('of a node leaves the others, of a service none', async () => {
    const nodes = [enabling(NODE), enabling(NODE.replace('phone', 'tablet')), enabling("jid='other.example'")];
    const client = await phone(...nodes, disabling(NODE));
    expect(await registered()).toEqual(['["other.example",""]', `["${SERVICE}","tablet"]`]);
    await client.ask(disabling(`jid='${SERVICE}'`));
    expect(await registered()).toEqual(['["other.example",""]']);
  });

  it('stops what is on its way', async () => {
    await away(enabling(NODE));
    await say('hello');
    await answer(new StanzaError('remote-server-timeout'));
    await phone(disabling(NODE));
    server.clock.advance(10_000);
    await settled();
    expect(requests()).toEqual([]);
    expect(await queued()).toBe(0);
  });

  it('without a jid is refused', async () => {
    expect(await server.connect('juliet', 'phone').ask(disabling("node='phone'"))).toEqual([
      expect.stringContaining('<bad-request '),
    ]);
  });

  it('the service itself can do it, and nobody in its name', async () => {
    await away(enabling(NODE));
    const revoke = (to: string) =>
      `<message to='juliet@example.com'><pubsub xmlns='http://jabber.org/protocol/pubsub' node='phone'><affiliation jid='${to}' affiliation='none'/></pubsub></message>`;
    romeo.send(revoke('juliet@example.com'));
    service.send(revoke('romeo@example.com'));
    await settled();
    expect(await registered()).toHaveLength(1);
    service.send(revoke('juliet@example.com'));
    await settled();
    expect(await registered()).toEqual([]);
  });

  it('goes with the account', async () => {
    await away(enabling(NODE));
    await say('hello');
    await server.host.deleteAccount('juliet');
    expect(await registered()).toEqual([]);
    expect(await queued()).toBe(0);
  });
});

describe('who is told', () => {
  it('nobody whose client is there', async () => {
    await phone(enabling(NODE));
    await say('hello');
    expect(requests()).toEqual([]);
  });

  it('a client that is inactive, until it is active again', async () => {
    const client = await phone(enabling(NODE));
    client.send("<inactive xmlns='urn:xmpp:csi:0'/>");
    await say('hello');
    expect(await answer()).toEqual(['1']);
    client.send("<active xmlns='urn:xmpp:csi:0'/>");
    await say('hello');
    expect(requests()).toEqual([]);
  });

  it('a client whose link is lost: of what it had not acknowledged, and of what comes until it is back', async () => {
    const client = await phone(enabling(NODE));
    await client.ask('<presence/>', "<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
    await say('acknowledged');
    client.send("<a xmlns='urn:xmpp:sm:3' h='1'/>");
    await say('not acknowledged');
    expect(requests()).toEqual([]);
    client.session.disconnected();
    await settled();
    expect(client.session.detached).toBe(true);
    await say('another');
    expect(await answer()).toEqual(['1']);
    expect(await answer()).toEqual(['1']);
  });

  it('a client that is away, also when another has got the message', async () => {
    await away(enabling(NODE));
    await server.logIn('juliet', 'desk');
    await say('hello');
    expect(await answer()).toEqual(['1']);
  });

  it('not of what is not important, nor of what the user wrote himself', async () => {
    await away(enabling(NODE));
    await say('', "<composing xmlns='http://jabber.org/protocol/chatstates'/>");
    await say('secret', "<no-store xmlns='urn:xmpp:hints'/>");
    const desk = await server.logIn('juliet', 'desk');
    desk.send("<message type='chat' to='juliet@example.com'><body>note</body></message>");
    await settled();
    expect(requests()).toEqual([]);
  });

  it('of messages in a room only the client that is in it', async () => {
    const client = await phone(enabling(NODE));
    client.send("<inactive xmlns='urn:xmpp:csi:0'/>");
    server.connect('juliet', 'desk');
    const room = (to: string) =>
      `<message type='groupchat' to='juliet@example.com/${to}'><body>double</body></message>`;
    romeo.send(room('desk'));
    await settled();
    expect(requests()).toEqual([]);
    romeo.send(room('phone'));
    await settled();
    expect(requests()).toHaveLength(1);
  });
});

describe('the summary', () => {
  it.each([
    [[], undefined],
    [['message-count'], [['message-count', '1']]],
    [
      ['last-message-sender', 'last-message-body'],
      [
        ['last-message-sender', 'romeo@example.com/orchard'],
        ['last-message-body', 'hello'],
      ],
    ],
  ])('with %s', async (summary, fields) => {
    await start({ summary });
    await away(enabling(NODE));
    await say('hello');
    const [request] = requests();
    const expected = fields && [['FORM_TYPE', 'urn:xmpp:push:summary'], ...fields];
    expect(request && fieldsOf(request)).toEqual(expected);
  });

  it('has as much of a body as can be shown, and no half characters', async () => {
    await start({ summary: ['last-message-body'] });
    await away(enabling(NODE));
    await say('😀'.repeat(1_500));
    const [request] = requests();
    expect(request && fieldsOf(request)?.[1]?.[1]).toBe('😀'.repeat(1_000));
  });

  it('keeps nothing in storage that is not to be told', async () => {
    await away(enabling(NODE));
    await say('hello');
    expect([...(await stores.map('push-queue').entries('juliet')).values()]).toEqual([{ messages: 1 }]);
  });
});

describe('one notification at a time', () => {
  beforeEach(() => away(enabling(NODE)));

  it('what comes while one is on its way is told together, after it', async () => {
    for (const body of ['one', 'two', 'three']) await say(body);
    expect(await answer()).toEqual(['1']);
    expect(await answer()).toEqual(['2']);
    expect(await queued()).toBe(0);
  });

  it('a service that fails is asked again, later each time, with what came since', async () => {
    await say('one');
    expect(await answer(new StanzaError('service-unavailable'))).toEqual(['1']);
    await say('two');
    server.clock.advance(9_999);
    await settled();
    expect(requests()).toEqual([]);
    server.clock.advance(1);
    await settled();
    expect(await answer(new StanzaError('recipient-unavailable'))).toEqual(['2']);
    server.clock.advance(19_999);
    await settled();
    expect(requests()).toEqual([]);
    server.clock.advance(1);
    await settled();
    expect(await answer()).toEqual(['2']);
    expect(await queued()).toBe(0);
    await say('three');
    expect(await answer(new StanzaError('service-unavailable'))).toEqual(['1']);
    server.clock.advance(10_000);
    await settled();
    expect(await answer()).toEqual(['1']);
  });

  it('a service that does not answer is asked again', async () => {
    await say('one');
    expect(requests()).toHaveLength(1);
    server.clock.advance(30_000);
    await settled();
    server.clock.advance(10_000);
    await settled();
    expect(await answer()).toEqual(['1']);
  });

  it('a client that came back needs it no more', async () => {
    await say('one');
    await answer(new StanzaError('service-unavailable'));
    await phone();
    server.clock.advance(10_000);
    await settled();
    expect(requests()).toEqual([]);
    expect(await queued()).toBe(0);
  });

  it.each(['item-not-found', 'forbidden', 'not-authorized'] as const)('%s disables the service', async (condition) => {
    await say('one');
    await answer(new StanzaError(condition));
    expect(await registered()).toEqual([]);
    expect(await queued()).toBe(0);
    await say('two');
    expect(requests()).toEqual([]);
  });

  it('so does the last of too many failures in a row, and no failure before it', async () => {
    await start({ max_errors: 3 });
    await say('one');
    for (let failure = 1; failure < 3; failure++) {
      expect(await answer(new StanzaError('service-unavailable'))).toEqual(['1']);
      expect(await registered()).toHaveLength(1);
      server.clock.advance(3_600_000);
      await settled();
    }
    await answer(new StanzaError('service-unavailable'));
    expect(await registered()).toEqual([]);
    expect(await queued()).toBe(0);
  });

  it('a success between them starts the count again', async () => {
    await start({ max_errors: 2 });
    for (let round = 0; round < 3; round++) {
      await say('again');
      await answer(new StanzaError('service-unavailable'));
      server.clock.advance(10_000);
      await settled();
      expect(await answer()).toEqual(['1']);
    }
    expect(await registered()).toHaveLength(1);
  });

  it('what was not answered when the server stopped is told when it has started', async () => {
    await say('one');
    await say('two');
    expect(requests()).toHaveLength(1);
    await restart();
    expect(await answer()).toEqual(['2']);
    expect(await queued()).toBe(0);
  });

  it('of many users as well', async () => {
    const queue = stores.map('push-queue');
    const registration = (user: number) => ({ jid: SERVICE, node: `${user}`, resource: 'phone', errors: 0 });
    for (let user = 0; user < 250; user++) {
      const key = JSON.stringify([SERVICE, `${user}`]);
      await stores.map('push').update(`user${user}`, key, () => registration(user));
      await queue.update(`user${user}`, key, () => ({ messages: 1 }));
    }
    await restart();
    for (let turn = 0; turn < 10; turn++) await settled();
    expect(requests().map(nodeOf).sort()).toEqual([...Array(250).keys()].map(String).sort());
  });
});

it('an answer of somebody else does not count', async () => {
  await away(enabling(NODE));
  await say('one');
  const [request] = requests();
  romeo.send(
    iq({ type: 'result', id: request?.id ?? '' })
      .toString('jabber:client')
      .replace('<iq', "<iq to='example.com'"),
  );
  romeo.send(
    `<iq type='error' to='example.com' id='${request?.id}'>${ns('jabber:client')('error', { type: 'cancel' })}</iq>`,
  );
  await settled();
  expect(await queued()).toBe(1);
  expect(await registered()).toHaveLength(1);
});
