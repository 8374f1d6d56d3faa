import { describe, expect, it } from 'vitest';
import { defineAuthProvider, definePlugin, iq, Jid, ns, presence, SaslError } from '#core';
import { type BodyInit, ChatState, Command, Receipt, Show } from '#protocol/mars';
import { chat, MarsClient, textOf } from '../../../test/support/mars-client.ts';
import { type MarsServer, startMars } from '../../../test/support/mars-server.ts';
import { createTestServer } from '../../testing.ts';

const ping = { ns: 'urn:xmpp:ping', name: 'ping' };

async function online(mars: MarsServer, name: string): Promise<MarsClient> {
  const client = await mars.connect();
  await client.comeOnline(name);
  client.take();
  return client;
}

/** Juliet and romeo, who see each other. */
async function friends(mars: MarsServer): Promise<[MarsClient, MarsClient]> {
  const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
  for (const [one, other] of [
    [juliet, 'romeo@localhost'],
    [romeo, 'juliet@localhost'],
  ] as const) {
    await one.ask(Command.presence, { to: other, type: 'subscribe', payload: { case: 'presence', value: {} } });
  }
  for (const [one, other] of [
    [juliet, 'romeo@localhost'],
    [romeo, 'juliet@localhost'],
  ] as const) {
    await one.ask(Command.presence, { to: other, type: 'subscribed', payload: { case: 'presence', value: {} } });
  }
  await juliet.settled();
  await romeo.settled();
  juliet.take();
  romeo.take();
  return [juliet, romeo];
}

describe('1010 message', () => {
  it('is answered with its time and the id in the archive, and pushed to who it is for', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const body = await juliet.ask(Command.message, {
      id: 'm1',
      to: 'romeo@localhost',
      type: 'chat',
      lang: 'it',
      payload: {
        case: 'message',
        value: { body: 'dove sei?', thread: 't1', chatState: ChatState.ACTIVE, wantsReceipt: true },
      },
    });
    expect(body).toMatchObject({
      id: 'm1',
      stanzaId: { by: 'juliet@localhost', id: '1' },
      payload: { case: 'messageResult', value: { duplicate: false } },
    });
    expect(Number(body.stamp)).toBe(mars.clock.now());
    expect(await romeo.push()).toMatchObject({
      id: 'm1',
      from: 'juliet@localhost/game',
      to: 'romeo@localhost',
      type: 'chat',
      lang: 'it',
      smSeq: 0,
      stanzaId: { by: 'romeo@localhost', id: '1' },
      payload: {
        case: 'message',
        value: { body: 'dove sei?', thread: 't1', chatState: ChatState.ACTIVE, wantsReceipt: true },
      },
    });
  });

  it.each([
    ['to nobody', 'paris@localhost', 'service-unavailable'],
    ['to a server that cannot be reached', 'paris@example.net', 'remote-server-not-found'],
    ['to what is no address', 'a@b@c', 'jid-malformed'],
  ])('%s is refused in its answer, and not by a push', async (_, to, condition) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { id, error } = await juliet.ask(Command.message, chat(to, 'hello', 'm1'));
    expect({ id, condition: error?.condition }).toEqual({ id: 'm1', condition });
    await juliet.settled();
    expect(juliet.take()).toEqual([]);
  });

  it('that wants no answer gets none, but a refusal', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    juliet.send(Command.message, { ...chat('romeo@localhost', 'psst'), noReply: true, type: 'headline' } as BodyInit);
    await juliet.settled();
    expect(juliet.take()).toEqual([]);
    const seq = juliet.send(Command.message, { ...chat('paris@localhost', 'psst'), noReply: true } as BodyInit);
    expect((await juliet.next((frame) => frame.seq === seq)).body.error).toMatchObject({
      condition: 'service-unavailable',
    });
  });

  it.each([
    ['an extension that is no XML', { ext: [{ ns: 'x', name: 'y', xml: '<y' }] }],
    ['an extension with an entity', { ext: [{ xml: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' }] }],
    ['a receipt for nothing', { payload: { case: 'message', value: { receipt: Receipt.RECEIVED } } }],
    ['a chat state that is not known', { payload: { case: 'message', value: { chatState: 9 } } }],
    ['another payload', { payload: { case: 'presence', value: {} } }],
  ])('with %s is refused', async (_, body) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { error } = await juliet.ask(Command.message, { ...chat('romeo@localhost', 'x'), ...body } as BodyInit);
    expect(error).toMatchObject({ condition: 'bad-request' });
  });

  it('carries bytes of the game, which XMPP clients see as Base64', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const app = Uint8Array.of(0, 1, 255);
    const value = { body: 'look', app };
    await juliet.ask(Command.message, { to: 'romeo@localhost', type: 'chat', payload: { case: 'message', value } });
    const { payload } = await romeo.push();
    expect(payload.case === 'message' && [...payload.value.app]).toEqual([0, 1, 255]);
  });

  it('that XML would make longer than the limit is refused', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { error } = await juliet.ask(Command.message, chat('romeo@localhost', '&'.repeat(100_000), 'm'));
    expect(error).toMatchObject({ condition: 'policy-violation' });
  });
});

describe('1012 presence', () => {
  it('is seen by contacts, with what it says', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const value = { show: Show.AWAY, status: 'at the ball', priority: 5 };
    expect((await juliet.ask(Command.presence, { payload: { case: 'presence', value } })).error).toBeUndefined();
    expect(await romeo.stanza('at the ball')).toMatchObject({
      from: 'juliet@localhost/game',
      type: '',
      payload: { case: 'presence', value },
    });
  });

  it('invisible is there for nobody, and gets messages and the presence of others', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const show = (value: object): Promise<unknown> =>
      juliet.ask(Command.presence, { payload: { case: 'presence', value } } as BodyInit);
    await show({ show: Show.INVISIBLE });
    expect(await romeo.stanza('"unavailable"')).toMatchObject({ from: 'juliet@localhost/game' });
    await romeo.ask(Command.message, chat('juliet@localhost', 'psst'));
    expect(await juliet.stanza('psst')).toBeDefined();
    await show({ status: 'here I am' });
    expect(await romeo.stanza('here I am')).toMatchObject({ from: 'juliet@localhost/game' });
  });

  it('unavailable is seen too, by its own word and by the loss of the connection', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    await juliet.ask(Command.presence, { type: 'unavailable' });
    expect(await romeo.stanza('"unavailable"')).toMatchObject({ from: 'juliet@localhost/game' });
    await juliet.ask(Command.presence);
    juliet.destroy();
    expect(await romeo.stanza('"unavailable"')).toMatchObject({ from: 'juliet@localhost/game' });
  });

  it.each([
    ['a type that is not known', { type: 'hello' }, 'bad-request'],
    [
      'invisible to somebody',
      { to: 'romeo@localhost', payload: { case: 'presence', value: { show: Show.INVISIBLE } } },
      'bad-request',
    ],
    ['a priority that is too high', { payload: { case: 'presence', value: { priority: 300 } } }, 'bad-request'],
  ])('of %s is refused', async (_, body, condition) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    expect((await juliet.ask(Command.presence, body as BodyInit)).error).toMatchObject({ condition });
  });
});

describe('1013 iq', () => {
  it('carries whatever the server answers', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const query = { ns: 'http://jabber.org/protocol/disco#info', name: 'query' };
    const body = await juliet.ask(Command.iq, {
      id: 'd1',
      to: 'localhost',
      type: 'get',
      payload: { case: 'iq', value: { payload: query } },
    });
    expect(body).toMatchObject({ id: 'd1', from: 'localhost', type: 'result' });
    expect(textOf(body)).toContain('urn:xmpp:ping');
  });

  it('is refused in its answer', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const payload = { case: 'iq', value: { payload: { ns: 'urn:example', name: 'nothing' } } } as const;
    const body = await juliet.ask(Command.iq, { id: 'n', to: 'localhost', type: 'get', payload });
    expect(body).toMatchObject({ id: 'n', error: { condition: 'service-unavailable', code: 503 } });
    expect((await juliet.ask(Command.iq, { id: 'n', type: 'get' })).error).toMatchObject({ condition: 'bad-request' });
    expect((await juliet.ask(Command.iq, { id: 'n', type: 'put', payload })).error).toMatchObject({
      condition: 'bad-request',
    });
  });

  it('from client to client is a push, and its answer comes back', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const seq = juliet.send(Command.iq, {
      id: 'q1',
      to: 'romeo@localhost/game',
      type: 'get',
      payload: { case: 'iq', value: { payload: ping } },
    });
    const question = await romeo.push();
    expect(question).toMatchObject({
      id: 'q1',
      type: 'get',
      from: 'juliet@localhost/game',
      payload: { case: 'iq', value: { payload: ping } },
    });
    const reply = await romeo.ask(Command.iq, { id: 'q1', to: question.from, type: 'result' });
    expect(reply.error).toBeUndefined();
    expect((await juliet.next((frame) => frame.seq === seq)).body).toMatchObject({
      id: 'q1',
      type: 'result',
      from: 'romeo@localhost/game',
    });
  });

  it('that takes longer than 5 s is deferred, and its result is a push', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const seq = juliet.send(Command.iq, {
      id: 'slow',
      to: 'romeo@localhost/game',
      type: 'get',
      payload: { case: 'iq', value: { payload: ping } },
    });
    const question = await romeo.push();
    mars.clock.advance(7_000);
    expect((await juliet.next((frame) => frame.seq === seq)).body.payload).toMatchObject({
      case: 'iq',
      value: { deferred: true },
    });
    await romeo.ask(Command.iq, { id: 'slow', to: question.from, type: 'result' });
    expect(await juliet.push()).toMatchObject({ id: 'slow', type: 'result', from: 'romeo@localhost/game' });
  });

  it('an answer in the name of somebody else is none', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    juliet.send(Command.iq, {
      id: 'q',
      to: 'romeo@localhost/game',
      type: 'get',
      payload: { case: 'iq', value: { payload: ping } },
    });
    await romeo.push();
    const tybalt = await online(mars, 'tybalt');
    await tybalt.ask(Command.iq, { id: 'q', to: 'juliet@localhost/game', type: 'result' });
    await juliet.settled();
    expect(juliet.take().filter(({ seq }) => seq !== 0)).toEqual([]);
  });

  it('two with one id cannot wait at the same time, and not more than a limit', async () => {
    const mars = await startMars({}, { pending_requests: 2 });
    const [juliet] = await friends(mars);
    const question = (id: string): BodyInit => ({
      ...{ id, to: 'romeo@localhost/game', type: 'get' },
      payload: { case: 'iq', value: { payload: ping } },
    });
    juliet.send(Command.iq, question('a'));
    expect((await juliet.ask(Command.iq, question('a'))).error).toMatchObject({ condition: 'conflict' });
    juliet.send(Command.iq, question('b'));
    expect((await juliet.ask(Command.iq, question('c'))).error).toMatchObject({ condition: 'resource-constraint' });
  });

  it('of the server itself comes as a push', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const to = Jid.parse('juliet@localhost/game');
    const asked = mars.server.host.replies.request(to, 'get', ns('urn:xmpp:ping')('ping'));
    const { id, from } = await juliet.push();
    await juliet.ask(Command.iq, { id, to: from, type: 'result' });
    expect(await asked).toBeUndefined();
  });
});

describe('1014 roster', () => {
  const set = (jid: string, more: object = {}): BodyInit => ({
    type: 'set',
    payload: { case: 'roster', value: { items: [{ jid, ...more }] } },
  });

  it('is told, changed, and pushed', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    expect(
      (await juliet.ask(Command.roster, set('nurse@localhost', { name: 'Nurse', groups: ['House'] }))).error,
    ).toBeUndefined();
    const item = { jid: 'nurse@localhost', name: 'Nurse', groups: ['House'], subscription: 'none' };
    expect(await juliet.push()).toMatchObject({ type: 'set', payload: { case: 'roster', value: { items: [item] } } });
    const { payload } = await juliet.ask(Command.roster, { type: 'get' });
    expect(payload).toMatchObject({ case: 'roster', value: { items: [item], ver: expect.any(String) } });
    const ver = payload.case === 'roster' ? payload.value.ver : undefined;
    const same = await juliet.ask(Command.roster, { payload: { case: 'roster', value: { ...(ver && { ver }) } } });
    expect(same.payload).toMatchObject({ case: 'roster', value: { ver, items: [] } });
  });

  it('an item that is not there cannot be removed', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const { error } = await juliet.ask(Command.roster, set('nurse@localhost', { subscription: 'remove' }));
    expect(error).toMatchObject({ condition: 'item-not-found' });
  });

  it.each([
    ['two items', { type: 'set', payload: { case: 'roster', value: { items: [{ jid: 'a@b' }, { jid: 'c@d' }] } } }],
    ['no item', { type: 'set' }],
    ['another type', { type: 'result' }],
  ])('%s are refused', async (_, body) => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    expect((await juliet.ask(Command.roster, body as BodyInit)).error).toMatchObject({ condition: 'bad-request' });
  });
});

describe('1016 history', () => {
  it('has what came after a number, in pages', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    for (const text of ['one', 'two', 'three']) await juliet.ask(Command.message, chat('romeo@localhost', text));
    const ask = async (after: number, limit = 0) => {
      const value = { after: BigInt(after), limit };
      const { payload } = await romeo.ask(Command.history, { id: `h${after}`, payload: { case: 'history', value } });
      if (payload.case !== 'historyPage') throw new Error(`no page: ${payload.case}`);
      const texts = payload.value.items.map((item) => item.payload.case === 'message' && item.payload.value.body);
      return { ...payload.value, texts };
    };
    const first = await ask(0, 2);
    expect(first).toMatchObject({ texts: ['one', 'two'], newest: 3n, complete: false });
    expect(first.items[1]).toMatchObject({
      from: 'juliet@localhost/game',
      stanzaId: { id: '2', by: 'romeo@localhost' },
    });
    expect(Number(first.items[1]?.stamp)).toBe(mars.clock.now());
    expect(await ask(2)).toMatchObject({ texts: ['three'], newest: 3n, complete: true });
    expect(await ask(3)).toMatchObject({ texts: [], newest: 3n, complete: true });
    const pushed = romeo.take().filter(({ cmdid }) => cmdid === Command.stanza);
    expect(pushed).toHaveLength(3);
  });

  it('of a page that would be long ends earlier', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    for (const id of ['a', 'b', 'c']) await juliet.ask(Command.message, chat('romeo@localhost', id.repeat(40_000), id));
    const { payload } = await romeo.ask(Command.history, { payload: { case: 'history', value: {} } });
    expect(payload).toMatchObject({
      case: 'historyPage',
      value: { items: [{ id: 'a' }], complete: false, newest: 3n },
    });
  });

  it('what somebody else sends in the form of an answer is a message', async () => {
    const mars = await startMars();
    const [juliet, tybalt] = [await online(mars, 'juliet'), await online(mars, 'tybalt')];
    const xml =
      "<result xmlns='urn:xmpp:mam:2' queryid='7' id='9'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/></forwarded></result>";
    await tybalt.ask(Command.message, {
      to: 'juliet@localhost/game',
      ext: [{ xml }],
      payload: { case: 'message', value: {} },
    });
    expect(await juliet.stanza('urn:xmpp:mam:2')).toMatchObject({ from: 'tybalt@localhost/game' });
  });
});

describe('1011 ack', () => {
  it('with ids is a receipt for each', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const value = { receipt: Receipt.DISPLAYED, ids: ['m1', 'm2'] };
    const body = await juliet.ask(Command.ack, { to: 'romeo@localhost/game', payload: { case: 'ack', value } });
    expect(body.error).toBeUndefined();
    for (const receiptId of value.ids) {
      expect(await romeo.push()).toMatchObject({ payload: { value: { receipt: Receipt.DISPLAYED, receiptId } } });
    }
  });

  it('of more than a hundred, or for nobody, is refused', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const ids = Array.from({ length: 101 }, (_, i) => `m${i}`);
    const of = (to: string, some: string[]): BodyInit => ({
      to,
      payload: { case: 'ack', value: { receipt: 1, ids: some } },
    });
    expect((await juliet.ask(Command.ack, of('romeo@localhost', ids))).error).toMatchObject({
      condition: 'policy-violation',
    });
    expect((await juliet.ask(Command.ack, of('', ['m']))).error).toMatchObject({ condition: 'bad-request' });
  });
});

describe('accounts', () => {
  it('1062 changes the password, and checks the old one where it is given', async () => {
    const modules = { register: {}, roster: {}, presence: {} };
    const mars = await startMars({ auth: { plain_without_tls: true }, hosts: { localhost: { modules } } });
    const juliet = await mars.connect();
    await juliet.logIn('juliet');
    const change = (oldPassword: string, newPassword: string) =>
      juliet.ask(Command.changePassword, { payload: { case: 'newPassword', value: { oldPassword, newPassword } } });
    expect((await change('wrong', 'new')).error).toMatchObject({ condition: 'not-authorized' });
    expect((await change('secret', 'new')).error).toBeUndefined();
    expect(await mars.server.host.accounts.verifyPassword('juliet', 'new')).toBe(true);
  });

  it('1062 is refused where the old password cannot be checked now', async () => {
    let isDown = false;
    const provider = defineAuthProvider({
      name: 'elsewhere',
      create: () => ({
        async verifyPassword() {
          if (isDown) throw new SaslError('temporary-auth-failure', 'nobody answers');
          return true;
        },
      }),
    });
    const server = await createTestServer({
      plugins: [definePlugin({ name: 'elsewhere', authProviders: [provider] })],
      config: {
        log: { level: 'silent' },
        auth: { plain_without_tls: true, provider: { name: 'elsewhere' } },
        listeners: [{ transport: 'tcp-mars', address: '127.0.0.1', port: 0, encryption: 'optional' }],
      },
    });
    const juliet = await MarsClient.tcp(server.port('tcp-mars'));
    try {
      await juliet.logIn('juliet', 'secret', { mechanism: 'PLAIN' });
      isDown = true;
      const payload: BodyInit['payload'] = { case: 'newPassword', value: { oldPassword: 'a', newPassword: 'b' } };
      expect((await juliet.ask(Command.changePassword, { payload })).error).toMatchObject({
        ...{ condition: 'resource-constraint', text: 'nobody answers' },
      });
      await juliet.settled();
    } finally {
      juliet.destroy();
      await server.stop();
    }
  });

  it('1061 deletes the account: the answer comes first, then the end', async () => {
    const modules = { register: {}, roster: {}, presence: {} };
    const mars = await startMars({ auth: { plain_without_tls: true }, hosts: { localhost: { modules } } });
    const juliet = await mars.connect();
    await juliet.logIn('juliet');
    expect((await juliet.ask(Command.deleteAccount)).error).toBeUndefined();
    expect(await juliet.push(Command.kick)).toMatchObject({
      payload: { value: { reason: 'banned', reconnect: false } },
    });
    await juliet.closed;
    expect(await mars.server.host.accounts.exists('juliet')).toBe(false);
  });

  it('1063 and 1064 are the profile, and keep what else is in the vCard', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const xml = "<vCard xmlns='vcard-temp'><FN>J</FN><ROLE>lady</ROLE></vCard>";
    await juliet.ask(Command.iq, { id: 'v', type: 'set', payload: { case: 'iq', value: { payload: { xml } } } });
    const value = {
      nickname: 'Jule',
      fullName: 'Juliet Capulet',
      email: 'j@capulet.example',
      photo: Uint8Array.of(1, 2),
      photoType: 'image/png',
    };
    expect((await juliet.ask(Command.setProfile, { payload: { case: 'profile', value } })).error).toBeUndefined();
    const { payload } = await romeo.ask(Command.getProfile, { to: 'juliet@localhost' });
    expect(payload).toMatchObject({ case: 'profile', value: { ...value, photo: Buffer.from([1, 2]) } });
    const card = await juliet.ask(Command.iq, {
      id: 'w',
      type: 'get',
      payload: { case: 'iq', value: { payload: { ns: 'vcard-temp', name: 'vCard' } } },
    });
    expect(textOf(card)).toContain('<ROLE>lady</ROLE>');
  });

  it('1065 has the contacts and what they are doing', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    await romeo.ask(Command.presence, {
      payload: { case: 'presence', value: { show: Show.AWAY, status: 'in the garden' } },
    });
    const { payload } = await juliet.ask(Command.friends);
    expect(payload).toMatchObject({
      case: 'friends',
      value: {
        friends: [
          {
            item: { jid: 'romeo@localhost', subscription: 'both' },
            online: true,
            show: Show.AWAY,
            status: 'in the garden',
            sessions: ['romeo@localhost/game'],
          },
        ],
      },
    });
    romeo.destroy();
    await romeo.closed;
    await juliet.stanza('"unavailable"');
    expect((await juliet.ask(Command.friends)).payload).toMatchObject({
      value: { friends: [{ online: false, sessions: [] }] },
    });
  });
});

describe('1068 direct connect', () => {
  const ask = (to: string): BodyInit => ({
    to,
    payload: {
      case: 'directConnect',
      value: { endpoints: [{ host: '192.0.2.7', port: 4000 }], app: Uint8Array.of(7) },
    },
  });

  it('offers each of two friends where the other is, and both a secret', async () => {
    const mars = await startMars();
    const [juliet, romeo] = await friends(mars);
    const { payload } = await juliet.ask(Command.directConnect, ask('romeo@localhost/game'));
    const offer = await romeo.push(Command.directOffer);
    const endpoints = [{ host: '192.0.2.7', port: 4000 }, { host: '127.0.0.1' }];
    expect(offer).toMatchObject({
      from: 'juliet@localhost/game',
      payload: { case: 'directOffer', value: { endpoints, app: Buffer.of(7) } },
    });
    if (payload.case !== 'directOffer' || offer.payload.case !== 'directOffer') throw new Error('no offer');
    expect(payload.value.endpoints).toMatchObject([{ host: '127.0.0.1' }]);
    expect(payload.value.offerId).toBe(offer.payload.value.offerId);
    expect(payload.value.secret).toHaveLength(32);
    expect(Buffer.from(payload.value.secret)).toEqual(Buffer.from(offer.payload.value.secret));
  });

  it('between others is refused until both ask within a minute', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const refused = { error: { condition: 'subscription-required' } };
    expect(await juliet.ask(Command.directConnect, ask('romeo@localhost/game'))).toMatchObject(refused);
    mars.clock.advance(60_000);
    expect(await romeo.ask(Command.directConnect, ask('juliet@localhost/game'))).toMatchObject(refused);
    const endpoints = [{ host: '192.0.2.7', port: 4000 }, { host: '127.0.0.1' }];
    expect(await juliet.ask(Command.directConnect, ask('romeo@localhost/game'))).toMatchObject({
      payload: { case: 'directOffer', value: { endpoints } },
    });
    expect(await romeo.push(Command.directOffer)).toMatchObject({ from: 'juliet@localhost/game' });
    // What was agreed to is agreed to once.
    expect(await juliet.ask(Command.directConnect, ask('romeo@localhost/game'))).toMatchObject(refused);
    await romeo.settled();
    expect(romeo.take().map(({ cmdid }) => cmdid)).not.toContain(Command.directOffer);
  });

  it('that a client writes by itself is a message', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    const xml =
      "<direct-connect xmlns='urn:x-tharsis:mars' id='1'><endpoint host='192.0.2.7' port='1'/></direct-connect>";
    const forged = { to: 'romeo@localhost/game', ext: [{ xml }], payload: { case: 'message', value: {} } } as const;
    await juliet.ask(Command.message, forged);
    expect(await romeo.push(Command.stanza)).toMatchObject({
      payload: { case: 'message' },
      ext: [{ xml: expect.any(String) }],
    });
  });

  it.each([
    ['romeo@localhost', 'jid-malformed'],
    ['romeo@localhost/elsewhere', 'service-unavailable'],
  ])('to %s is refused', async (to, condition) => {
    const mars = await startMars();
    const [juliet] = await friends(mars);
    expect((await juliet.ask(Command.directConnect, ask(to))).error).toMatchObject({ condition });
  });
});

describe('the end', () => {
  it('1003 is answered when what came before is done, then the connection is closed and the session is over', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
    juliet.send(Command.message, chat('romeo@localhost', 'farewell'));
    expect((await juliet.ask(Command.logout)).error).toBeUndefined();
    await juliet.closed;
    expect(await romeo.stanza('farewell')).toBeDefined();
    expect(mars.server.host.sessions.of(Jid.parse('juliet@localhost'))).toEqual([]);
  });

  it('another session with the same resource takes the place', async () => {
    const mars = await startMars();
    const [first, second] = [await mars.connect(), await mars.connect()];
    await first.logIn('juliet');
    await second.logIn('juliet');
    expect(await first.push(Command.kick)).toMatchObject({
      payload: { value: { reason: 'replaced', reconnect: false } },
    });
    await first.closed;
    await second.settled();
  });

  it('the server tells when it stops', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    const stopped = mars.server.stop();
    expect(await juliet.push(Command.kick)).toMatchObject({
      payload: { value: { reason: 'shutdown', reconnect: true } },
    });
    juliet.destroy();
    await stopped;
  });

  it('a connection on which nothing comes for 15 minutes is closed, and heartbeats keep it', async () => {
    const mars = await startMars();
    const juliet = await online(mars, 'juliet');
    mars.clock.advance(890_000);
    juliet.noop();
    await juliet.next();
    mars.clock.advance(890_000);
    await juliet.settled();
    mars.clock.advance(905_000);
    expect(await juliet.push(Command.kick)).toMatchObject({ payload: { value: { reason: 'idle', reconnect: true } } });
    await juliet.closed;
  });
});

it('what is not known is refused, and the connection stays', async () => {
  const mars = await startMars();
  const juliet = await online(mars, 'juliet');
  for (const cmdid of [1015, 4711]) {
    expect((await juliet.ask(cmdid)).error).toMatchObject({ condition: 'feature-not-implemented' });
  }
  await juliet.settled();
});

it('a request with sequence number 0 is worked off, and has no answer', async () => {
  const mars = await startMars();
  const [juliet, romeo] = [await online(mars, 'juliet'), await online(mars, 'romeo')];
  juliet.send(Command.message, chat('romeo@localhost', 'quietly'), 0);
  expect(await romeo.stanza('quietly')).toBeDefined();
  await juliet.settled();
  expect(juliet.take()).toEqual([]);
});

it('presence of others is pushed as it is, whatever it has in it', async () => {
  const mars = await startMars();
  const juliet = await online(mars, 'juliet');
  const [from, to] = [Jid.parse('x@example.net/y'), Jid.parse('juliet@localhost/game')];
  await mars.server.router.route(presence({ from, to }, ns('urn:example')('x', { a: 'b' })));
  expect(await juliet.push()).toMatchObject({
    from: 'x@example.net/y',
    ext: [{ xml: '<x xmlns="urn:example" a="b"/>' }],
  });
  await mars.server.router.route(iq({ type: 'result', id: 'z', from, to }));
  expect(await juliet.push()).toMatchObject({ id: 'z', type: 'result' });
});
