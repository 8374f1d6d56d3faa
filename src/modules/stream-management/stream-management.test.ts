import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStorage, defineModule, type Stores } from '#core';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';
import streamManagement from './index.ts';

const SM = "xmlns='urn:xmpp:sm:3'";
const ASK = '<r xmlns="urn:xmpp:sm:3"/>';
const LAST = 2 ** 32 - 1;

const ack = (h: number) => `<a ${SM} h='${h}'/>`;
const acked = (h: number) => `<a xmlns="urn:xmpp:sm:3" h="${h}"/>`;
const failed = (condition: string, h = '') =>
  `<failed xmlns="urn:xmpp:sm:3"${h}><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></failed>`;
const to = (jid: string, body: string, type = 'chat') =>
  `<message id='${body}' type='${type}' to='${jid}'><body>${body}</body></message>`;

/** The bodies of the messages among what came, `type error` for errors, and the rest as it is without presence. */
const heard = (client: TestClient) =>
  client
    .take()
    .filter((xml) => !xml.startsWith('<presence') && xml !== ASK)
    .map((xml) => (xml.includes('type="error"') ? 'error' : (/<body>(.*)<\/body>/.exec(xml)?.[1] ?? xml)));

let host: TestHost;
let romeo: TestClient;
let juliet: TestClient;
/** Of Juliet's session. */
let id: string;
/** What was kept for users who were not there. */
let kept: string[];

const keeper = defineModule({
  name: 'keeper',
  setup: (module) =>
    module.handle('message:offline', ({ stanza }) => {
      kept.push(stanza.toString('jabber:client'));
      return true;
    }),
});

async function start(config: object = {}, stores?: Stores): Promise<void> {
  kept = [];
  const modules = [roster, presence, [streamManagement, config], keeper] as const;
  host = await TestHost.start([...modules] as never, ['romeo', 'juliet'], 'example.com', stores);
  romeo = await host.logIn('romeo', 'orchard');
  juliet = await host.logIn('juliet', 'balcony');
}

async function enable(client: TestClient, attributes = "resume='true'"): Promise<string> {
  const [answer] = await client.ask(`<enable ${SM} ${attributes}/>`);
  return /id="([^"]+)"/.exec(answer ?? '')?.[1] ?? '';
}

const resume = (previd: string, h: number | string, name = 'juliet') =>
  host.resume(name, `<resume ${SM} previd='${previd}' h='${h}'/>`);

async function resumed(h: number): Promise<TestClient> {
  const { client } = await resume(id, h);
  if (client === undefined) throw new Error('not resumed');
  return client;
}

beforeEach(async () => {
  await start();
  id = await enable(juliet);
});

describe('enabling (§3)', () => {
  it('is offered to who has logged in', () => {
    const offered = (user?: typeof juliet.session.user) =>
      host.host.features.offers({ secure: true, user }).map(String);
    expect(offered(juliet.session.user)).toContain('<sm xmlns="urn:xmpp:sm:3"/>');
    expect(offered()).not.toContain('<sm xmlns="urn:xmpp:sm:3"/>');
  });

  it.each([
    ['', '<enabled xmlns="urn:xmpp:sm:3"/>'],
    ["resume='false'", '<enabled xmlns="urn:xmpp:sm:3"/>'],
    ["resume='true'", /^<enabled xmlns="urn:xmpp:sm:3" id="[\w-]{24}" resume="true" max="300"\/>$/],
    ["resume='1' max='60'", /resume="true" max="60"/],
    ["resume='true' max='301'", /max="300"/],
    ["resume='true' max='0'", /max="300"/],
    ["resume='true' max='-1'", /max="300"/],
  ])('with %s is answered', async (attributes, answer) => {
    const [first] = await romeo.ask(`<enable ${SM} ${attributes}/>`);
    if (typeof answer === 'string') expect(first).toBe(answer);
    else expect(first).toMatch(answer);
  });

  it('allows no resumption where that is off', async () => {
    await start({ resume_seconds: 0 });
    expect(await romeo.ask(`<enable ${SM} resume='true'/>`)).toEqual(['<enabled xmlns="urn:xmpp:sm:3"/>']);
    expect((await resume('any', 0)).answer).toBe(failed('feature-not-implemented'));
    romeo.drop();
    expect(romeo.session.ended).toBe(true);
  });

  it('twice is refused, and changes nothing', async () => {
    expect(await juliet.ask(`<enable ${SM}/>`)).toEqual([failed('unexpected-request')]);
    expect(juliet.session.management?.terms?.id).toBe(id);
  });

  it('is not offered again to who enabled it within the login (§8.1)', () => {
    const offers = (session: typeof romeo.session) =>
      host.host.features.offers({ secure: true, user: session.user, session }).map(String);
    expect(offers(juliet.session)).not.toContain('<sm xmlns="urn:xmpp:sm:3"/>');
    expect(offers(romeo.session)).toContain('<sm xmlns="urn:xmpp:sm:3"/>');
  });

  it.each(['r', "a h='0'"])('comes before <%s/>', async (name) => {
    expect(await romeo.ask(`<${name.replace(/^\w/, `$& ${SM}`)}/>`)).toEqual([failed('unexpected-request')]);
    expect(romeo.session.ended).toBe(false);
  });

  it('is not needed by those who do without: their sessions end with their connections', async () => {
    romeo.drop();
    expect(romeo.session.ended).toBe(true);
  });
});

describe('what the client sends is acknowledged (§4)', () => {
  it('with the number of stanzas, others not counted', async () => {
    expect(await juliet.ask(`<r ${SM}/>`)).toEqual([acked(0)]);
    juliet.send('<presence/>', to('romeo@example.com', 'one'), ack(0));
    expect((await juliet.ask(`<r ${SM}/>`)).at(-1)).toBe(acked(2));
    expect(juliet.session.management?.handled).toBe(2);
  });

  it('also where it was refused', async () => {
    juliet.send("<iq type='get' id='wrong'/>", to('nobody@example.com', 'one'), "<message to='@'/>");
    expect((await juliet.ask(`<r ${SM}/>`)).at(-1)).toBe(acked(3));
  });

  it('past 2^32 - 1 with 0', async () => {
    const told: number[] = [];
    const tell = (_: unknown, handled: number) => void told.push(handled);
    romeo.session.manage({ maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell }, undefined, LAST);
    romeo.send(`<r ${SM}/>`, to('juliet@example.com', 'one'), `<r ${SM}/>`);
    expect(told).toEqual([LAST, 0]);
  });

  it('before the stream ends, so that the client does not send it again', async () => {
    juliet.send('<presence/>');
    juliet.session.finish();
    expect(juliet.take().at(-1)).toBe(acked(1));
    expect(juliet.session.ended).toBe(true);
  });

  it('when it is worked off, not before', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    host.host.hooks.add('client:sent', 'guard', () => gate);
    expect(await juliet.ask(to('romeo@example.com', 'one'), `<r ${SM}/>`)).toEqual([]);
    go();
    await settled();
    expect(juliet.take()).toEqual([acked(1)]);
  });
});

describe('what is acknowledged to the client is committed', () => {
  let commit: () => void;
  let failCommit: (error: Error) => void;
  let pending: Promise<void> | undefined;

  beforeEach(async () => {
    pending = undefined;
    const stores = createMemoryStorage().stores('example.com');
    await start({}, { ...stores, committed: () => pending });
    id = await enable(juliet);
    pending = new Promise((resolve, reject) => {
      commit = resolve;
      failCommit = reject;
    });
  });

  it('before it is acknowledged; what comes after need not wait', async () => {
    expect(await juliet.ask('<presence/>', `<r ${SM}/>`, to('romeo@example.com', 'one'))).not.toContain(acked(1));
    expect(heard(romeo)).toEqual(['one']);
    commit();
    await settled();
    expect(juliet.take()).toContain(acked(1));
  });

  it('or the stream ends, and nothing is acknowledged', async () => {
    juliet.send('<presence/>', `<r ${SM}/>`);
    failCommit(new Error('disk full'));
    await settled();
    expect(juliet.take().join()).not.toContain('<a');
    expect(juliet.closedWith?.condition).toBe('internal-server-error');
    expect(juliet.session.ended).toBe(true);
  });

  it('before a resumption tells of it', async () => {
    juliet.send('<presence/>');
    juliet.drop();
    let answer: string | undefined;
    void resume(id, 0).then((resumption) => {
      answer = resumption.answer;
    });
    await settled();
    expect(answer).toBeUndefined();
    commit();
    await settled();
    expect(answer).toBe(`<resumed xmlns="urn:xmpp:sm:3" previd="${id}" h="1"/>`);
  });

  it('before the stream ends', async () => {
    juliet.send('<presence/>');
    juliet.take();
    juliet.session.finish();
    await settled();
    expect([juliet.take(), juliet.session.ended]).toEqual([[], false]);
    commit();
    await settled();
    expect([juliet.take(), juliet.session.ended]).toEqual([[acked(1)], true]);
  });

  it('or the session is not resumed', async () => {
    juliet.drop();
    const resumption = resume(id, 0);
    failCommit(new Error('disk full'));
    await expect(resumption).rejects.toThrow('disk full');
    expect(juliet.session.ended).toBe(true);
  });
});

describe('what the client is sent', () => {
  it('is asked after, in the same write and once at a time', async () => {
    romeo.send(to('juliet@example.com', 'one'), to('juliet@example.com', 'two'), to('juliet@example.com', 'three'));
    const got = juliet.take();
    expect(got.map((xml) => (xml === ASK ? 'ask' : 'message'))).toEqual(['message', 'ask', 'message', 'message']);
    expect(await juliet.ask(ack(1))).toEqual([ASK]);
    expect(await juliet.ask(ack(3))).toEqual([]);
    expect(juliet.session.management?.unacknowledged.length).toBe(0);
  });

  it('is not asked after for ever where the client counts wrong, but again when more was sent, and after a minute', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    juliet.take();
    expect(await juliet.ask(ack(0))).toEqual([]);
    expect(await juliet.ask(ack(0))).toEqual([]);
    romeo.send(to('juliet@example.com', 'two'));
    expect(juliet.take().at(-1)).toBe(ASK);
    expect(await juliet.ask(ack(1))).toEqual([ASK]);
    expect(await juliet.ask(ack(1))).toEqual([]);
    host.clock.advance(62_000);
    expect(juliet.take()).toEqual([ASK]);
    expect(await juliet.ask(ack(1))).toEqual([]);
  });

  it('is asked after from as many stanzas on as the configuration says', async () => {
    await start({ ask_after_stanzas: 3 });
    await enable(juliet);
    for (const body of ['one', 'two']) romeo.send(to('juliet@example.com', body));
    expect(juliet.take()).not.toContain(ASK);
    romeo.send(to('juliet@example.com', 'three'));
    expect(juliet.take().at(-1)).toBe(ASK);
  });

  it('cannot be acknowledged before (§6)', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    juliet.send(ack(2));
    const { condition, text, application } = juliet.closedWith ?? {};
    expect([condition, text]).toEqual([
      'undefined-condition',
      'You acknowledged 2 stanzas, but I only sent you 1 so far.',
    ]);
    expect(String(application)).toBe('<handled-count-too-high xmlns="urn:xmpp:sm:3" h="2" send-count="1"/>');
    expect(juliet.session.ended).toBe(true);
  });

  it.each(['', "h=''", "h='-1'", "h='one'", "h='4294967296'"])('is not acknowledged by <a %s/>', async (h) => {
    juliet.send(`<a ${SM} ${h}/>`);
    expect(juliet.closedWith?.condition).toBe('bad-format');
  });

  it('may be acknowledged a second time', async () => {
    romeo.send(to('juliet@example.com', 'one'), to('juliet@example.com', 'two'));
    await juliet.ask(ack(2), ack(1), ack(2));
    expect(juliet.session.ended).toBe(false);
    expect(juliet.session.management?.unacknowledged.length).toBe(0);
  });
});

describe('a lost connection', () => {
  it('leaves the session as it was to others, and what comes is kept for it', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    juliet.drop();
    romeo.send(to('juliet@example.com', 'two'), to('juliet@example.com/balcony', 'three'));
    await settled();
    expect(host.host.sessions.of(juliet.session.user)).toEqual([juliet.session]);
    expect([juliet.session.detached, juliet.session.available, heard(romeo), kept]).toEqual([true, true, [], []]);
  });

  it('ends the session when its time is over, and not before', async () => {
    juliet.drop();
    host.clock.advance(299_999);
    expect(juliet.session.ended).toBe(false);
    host.clock.advance(3_001);
    expect(juliet.session.ended).toBe(true);
    expect(juliet.session.available).toBe(false);
  });

  it('is asked for again by a session that was resumed', async () => {
    juliet.drop();
    host.clock.advance(200_000);
    const again = await resumed(0);
    host.clock.advance(200_000);
    expect(again.session.ended).toBe(false);
    again.drop();
    host.clock.advance(200_000);
    expect(again.session.ended).toBe(false);
    host.clock.advance(102_000);
    expect(again.session.ended).toBe(true);
  });

  it('ends a session that is not to be resumed', async () => {
    await enable(romeo, '');
    romeo.drop();
    expect(romeo.session.ended).toBe(true);
  });

  it('is told to the modules, as is the resumption', async () => {
    const seen: string[] = [];
    for (const event of ['session:detached', 'session:resumed', 'session:closed'] as const) {
      host.host.hooks.add(event, 'observe', () => void seen.push(event));
    }
    juliet.drop();
    (await resumed(0)).session.close();
    expect(seen).toEqual(['session:detached', 'session:resumed', 'session:closed']);
  });
});

describe('a resumed session (§5)', () => {
  it('gets what it had not, in order, with the time it was sent first, and not what it had', async () => {
    for (const body of ['one', 'two']) romeo.send(to('juliet@example.com', body));
    juliet.drop();
    host.clock.advance(60_000);
    romeo.send(to('juliet@example.com', 'three'));
    host.clock.advance(60_000);
    const again = await resumed(1);
    const got = again.take();
    expect(got.map((xml) => [/<body>(.*)<\/body>/.exec(xml)?.[1], /stamp="([^"]+)"/.exec(xml)?.[1]])).toEqual([
      ['two', '2026-01-01T00:00:00.000Z'],
      ['three', '2026-01-01T00:01:00.000Z'],
      [undefined, undefined],
    ]);
    expect(got.at(-1)).toBe(ASK);
    expect(await again.ask(ack(3))).toEqual([]);
    romeo.send(to('juliet@example.com', 'four'));
    expect(heard(again)).toEqual(['four']);
    again.drop();
    expect(heard(await resumed(4))).toEqual([]);
  });

  it('goes on counting what it sends', async () => {
    juliet.send(to('romeo@example.com', 'one'));
    juliet.drop();
    const { answer, client } = await resume(id, 0);
    expect(answer).toBe(`<resumed xmlns="urn:xmpp:sm:3" previd="${id}" h="1"/>`);
    client?.send(to('romeo@example.com', 'two'));
    expect((await client?.ask(`<r ${SM}/>`))?.at(-1)).toBe(acked(2));
    expect(heard(romeo)).toEqual(['one', 'two']);
  });

  it('is taken from a connection the server believes in, which is closed with conflict', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    const again = await resumed(0);
    expect(juliet.closedWith?.condition).toBe('conflict');
    expect(again.session).toBe(juliet.session);
    juliet.drop(); // the old one, noticed later
    expect([again.session.detached, again.session.ended]).toEqual([false, false]);
    expect(heard(again)).toEqual(['one']);
  });

  it('belongs to who asked last', async () => {
    let commit = () => {};
    host.host.stores.committed = () =>
      new Promise((resolve) => {
        commit = resolve;
      });
    const first = resume(id, 0);
    const commitFirst = commit;
    const second = resume(id, 0);
    commitFirst();
    commit();
    await settled();
    host.host.stores.committed = () => undefined;
    expect((await first).answer).toBe(failed('item-not-found'));
    expect((await second).client?.session).toBe(juliet.session);
  });

  it('has worked off what came before the loss, and drops what still waited, for the client to send it again', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const unhook = host.host.hooks.add('client:sent', 'guard', () => gate);
    juliet.send(to('romeo@example.com', 'one'), to('romeo@example.com', 'two'));
    juliet.drop();
    const resumption = resume(id, 0);
    go();
    unhook();
    const { answer, client } = await resumption;
    expect(answer).toContain('h="1"');
    client?.send(to('romeo@example.com', 'two'));
    await settled();
    expect(heard(romeo)).toEqual(['one', 'two']);
  });

  it('may be resumed with the numbers past 2^32 - 1', async () => {
    const rules = { maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} };
    const session = romeo.session;
    session.manage(rules, { id: 'a', patienceMs: 1_000 }, LAST - 1);
    for (const body of ['one', 'two', 'three', 'four']) juliet.send(to('romeo@example.com', body));
    romeo.send(to('nobody@example.com', 'x', 'headline'), '<presence/>', '<presence/>');
    romeo.take();
    romeo.drop();
    const { answer, client } = await resume('a', 0, 'romeo');
    expect(answer).toBe('<resumed xmlns="urn:xmpp:sm:3" previd="a" h="1"/>');
    expect(client && heard(client)).toEqual(['three', 'four']);
  });
});

describe('a resumption is refused', () => {
  it('for an id nobody was given', async () => {
    expect((await resume('nothing', 0)).answer).toBe(failed('item-not-found'));
  });

  it('for the session of somebody else, as if there was none, now and when it is over', async () => {
    expect((await resume(id, 0, 'romeo')).answer).toBe(failed('item-not-found'));
    expect(juliet.session.detached).toBe(false);
    juliet.session.close();
    expect((await resume(id, 0, 'romeo')).answer).toBe(failed('item-not-found'));
  });

  it('when the session is over, with what the server handled of it', async () => {
    juliet.send('<presence/>');
    juliet.drop();
    host.clock.advance(303_000);
    expect((await resume(id, 0)).answer).toBe(failed('item-not-found', ' h="1"'));
  });

  it('when the client ended the session itself', async () => {
    juliet.session.finish();
    expect((await resume(id, 0)).answer).toBe(failed('item-not-found', ' h="0"'));
  });

  it('when the client ended the session itself, and what it sent before is not worked off yet', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    host.host.hooks.add('client:sent', 'guard', () => gate);
    juliet.send(to('romeo@example.com', 'one'), to('romeo@example.com', 'two'));
    juliet.session.finish();
    juliet.drop();
    expect(juliet.session.ended).toBe(false);
    expect((await resume(id, 0)).answer).toBe(failed('item-not-found', ' h="1"'));
    go();
    await settled();
    expect(heard(romeo)).toEqual(['one']);
  });

  it.each([`<resume ${SM} h='0'/>`, `<resume ${SM} previd='x'/>`, `<resume ${SM} previd='x' h='many'/>`])(
    'for %s',
    async (request) => {
      expect((await host.resume('juliet', request)).answer).toBe(failed('bad-request'));
    },
  );

  it('with a stream error for stanzas that were not sent, and the session stays', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    juliet.drop();
    await expect(resume(id, 2)).rejects.toMatchObject({ condition: 'undefined-condition' });
    expect(heard(await resumed(0))).toEqual(['one']);
  });

  it('where the client says that it lacks what it acknowledged, without a number: what was taken may not be committed', async () => {
    romeo.send(to('juliet@example.com', 'one'));
    juliet.send(ack(1));
    juliet.send(to('romeo@example.com', 'two'));
    juliet.drop();
    expect((await resume(id, 0)).answer).toBe(failed('item-not-found'));
  });

  it('on a stream that has a session', async () => {
    expect(await romeo.ask(`<resume ${SM} previd='${id}' h='0'/>`)).toEqual([failed('unexpected-request')]);
    expect(romeo.session.ended).toBe(false);
  });
});
