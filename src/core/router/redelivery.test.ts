import { beforeEach, describe, expect, it } from 'vitest';
import { defineModule, iq, type ManagementRules, message, ns, presence, StanzaError } from '#core';
import carbons from '#modules/carbons';
import presenceModule from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const rules: ManagementRules = { maxStanzas: 100, maxSize: 100_000, askAfter: 1, ask() {}, tell() {} };
const payload = ns('urn:example:question')('question');

let host: TestHost;
let romeo: TestClient;
/** Juliet's sessions; both acknowledge, and are available. */
let balcony: TestClient;
let chamber: TestClient;
/** What was kept for Juliet. */
let kept: string[];
/** Of each, when it came. */
let keptAt: number[];
let keeps: (id: string) => void | Promise<void>;

const keeper = defineModule({
  name: 'keeper',
  setup: (module) =>
    module.handle('message:offline', async ({ stanza, at }) => {
      await keeps(stanza.id ?? '');
      kept.push(stanza.toString('jabber:client'));
      keptAt.push(at);
      return true;
    }),
});

async function start(...modules: Parameters<typeof TestHost.start>[0]): Promise<void> {
  kept = [];
  keptAt = [];
  keeps = () => {};
  host = await TestHost.start(modules, ['romeo', 'juliet']);
  romeo = host.connect('romeo', 'orchard');
  [balcony, chamber] = [host.connect('juliet', 'balcony'), host.connect('juliet', 'chamber')];
  for (const { session } of [romeo, balcony, chamber]) {
    session.presence = presence({ from: session.jid });
    session.manage(rules);
  }
}
beforeEach(() => start(keeper));

const send = (id: string, resource = '', type = 'chat') =>
  romeo.send(`<message id='${id}' type='${type}' to='juliet@example.com${resource}'><body>${id}</body></message>`);
const id = (xml: string) => /id="(\w+)"/.exec(xml)?.[1];
const got = (client: TestClient) => client.take().map((xml) => (xml.includes('type="error"') ? 'error' : id(xml)));

/** The session ends without another word of its client. */
async function end(client: TestClient): Promise<void> {
  client.drop();
  await settled();
}

describe('what a client has not acknowledged when its session ends', () => {
  it('goes to the other sessions, with the time it came', async () => {
    send('m1', '/balcony');
    send('m2', '/balcony');
    balcony.session.management?.acknowledge(1);
    host.clock.advance(60_000);
    await end(balcony);
    const [again, ...more] = chamber.take();
    expect(again).toBe(
      '<message id="m2" type="chat" to="juliet@example.com/balcony" from="romeo@example.com/orchard">' +
        '<body>m2</body><delay xmlns="urn:xmpp:delay" from="example.com" stamp="2026-01-01T00:00:00.000Z"/></message>',
    );
    expect([more, kept, got(romeo)]).toEqual([[], [], []]);
  });

  it('is kept when there is no other, in order, as of when it came', async () => {
    await end(chamber);
    const at = host.clock.now();
    for (const one of ['m1', 'm2', 'm3']) send(one);
    keeps = (one) => (one === 'm1' ? settled() : undefined);
    host.clock.advance(60_000);
    await end(balcony);
    await settled();
    expect(kept.map(id)).toEqual(['m1', 'm2', 'm3']);
    expect(keptAt).toEqual([at, at, at]);
  });

  it('is refused to the sender when nobody keeps it', async () => {
    await start();
    await end(chamber);
    send('m1');
    await end(balcony);
    expect(romeo.take()).toEqual([expect.stringContaining('<service-unavailable')]);
  });

  it('goes from session to session, and is kept once in the end', async () => {
    send('m1', '/balcony');
    await end(balcony);
    expect(got(chamber)).toEqual(['m1']);
    await end(chamber);
    expect(kept.map(id)).toEqual(['m1']);
    expect(got(romeo)).toEqual([]);
  });

  it.each([
    ['normal', '/balcony', 'error'],
    ['groupchat', '/balcony', 'error'],
    ['headline', '/balcony', undefined],
    ['error', '/balcony', undefined],
    ['normal', '', 'm1'],
  ])('of type %s for juliet@example.com%s is as for a resource that is gone: %s', async (type, resource, outcome) => {
    chamber.session.priority = -1;
    send('m1', resource, type);
    await end(balcony);
    expect([...got(romeo), ...kept.map(id)]).toEqual(outcome === undefined ? [] : [outcome]);
    expect(got(chamber)).toEqual([]);
  });

  it('and is a request is answered with an error; an answer or presence is nothing to anybody', async () => {
    const [from, to] = [romeo.session.jid, balcony.session.jid];
    host.router.route(iq({ type: 'result', id: 'r', from, to }));
    host.router.route(presence({ from, to }));
    host.router.route(iq({ type: 'get', id: 'q', from, to }, payload));
    await end(balcony);
    const [error, ...more] = romeo.take();
    expect(error).toMatch(/^<iq id="q" type="error".*<service-unavailable/);
    expect([more, got(chamber), kept]).toEqual([[], [], []]);
  });

  it('and was for this session alone is not for others', async () => {
    balcony.session.deliver(message({ id: 'carbon', from: balcony.session.user, to: balcony.session.jid }));
    await end(balcony);
    expect([got(chamber), kept]).toEqual([[], []]);
  });

  it('is not kept for an account that is gone', async () => {
    await end(chamber);
    send('m1');
    await host.host.deleteAccount('juliet');
    await settled();
    expect(kept).toEqual([]);
    expect(got(romeo)).toEqual(['error']);
  });

  it('can be dropped or changed by a module', async () => {
    host.host.hooks.add('message:unacknowledged', 'guard', (event) => event.stanza?.attr('id') !== 'm1');
    host.host.hooks.add('message:unacknowledged', 'amend', (event) => event.stanza?.with({ id: 'changed' }));
    for (const one of ['m1', 'm2']) send(one, '/balcony');
    await end(balcony);
    expect(got(chamber)).toEqual(['changed']);
  });
});

describe('what several sessions were handed', () => {
  it('is not handed to them again when one of them ends', async () => {
    send('m1');
    await end(balcony);
    expect([got(chamber), kept]).toEqual([['m1'], []]);
  });

  it('is kept once when all of them end', async () => {
    send('m1');
    await end(balcony);
    await end(chamber);
    expect(kept.map(id)).toEqual(['m1']);
  });

  it('is not kept when one had acknowledged it before it ended', async () => {
    send('m1');
    balcony.session.management?.acknowledge(1);
    await end(balcony);
    await end(chamber);
    expect(kept).toEqual([]);
  });
});

describe('a client that owes too many acknowledgements', () => {
  /** As many more as bring the size to the limit: every message has the same. */
  it.each([
    ['stanzas', { maxStanzas: 3, maxSize: 100_000 }],
    ['bytes', (size: number) => ({ maxStanzas: 100, maxSize: 3 * size })],
  ])('loses its session by one more than the limit of %s, and what it owes is kept', async (_, limit) => {
    send('m0', '/balcony');
    const size = balcony.session.management?.unacknowledged.size ?? 0;
    const limited = host.connect('juliet', 'limited');
    limited.session.manage({ ...rules, ...(typeof limit === 'function' ? limit(size) : limit) });
    for (const client of [balcony, chamber]) await end(client);
    kept = [];
    for (const one of ['m1', 'm2', 'm3']) send(one, '/limited');
    await settled();
    expect([limited.session.ended, kept]).toEqual([false, []]);
    send('m4', '/limited');
    await settled();
    expect(limited.closedWith?.condition).toBe('policy-violation');
    expect(kept.map(id)).toEqual(['m1', 'm2', 'm3', 'm4']);
  });
});

it('what a hook holds back while the session ends is not lost', async () => {
  let go = () => {};
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  await end(chamber);
  host.host.hooks.add('client:delivering', 'guard', () => gate);
  send('m1');
  await end(balcony);
  expect(kept).toEqual([]);
  go();
  await settled();
  expect(kept.map(id)).toEqual(['m1']);
});

it('when all sessions are ended, what they owe is kept before that is done', async () => {
  for (const one of ['m1', 'm2']) send(one);
  keeps = () => settled();
  await host.host.endSessions();
  expect([balcony, chamber, romeo].map(({ session }) => session.ended)).toEqual([true, true, true]);
  expect(kept.map(id)).toEqual(['m1', 'm2']);
});

it('a module that fails over it does not keep the next from being delivered', async () => {
  host.host.hooks.add('message:unacknowledged', 'guard', (event) => {
    if (event.stanza?.attr('id') === 'm1') throw new StanzaError('not-acceptable');
  });
  for (const one of ['m1', 'm2']) send(one, '/balcony');
  await end(balcony);
  expect([got(chamber), got(romeo)]).toEqual([['m2'], ['error']]);
});

describe('a carbon is the message, in another form', () => {
  const enable = ns('urn:xmpp:carbons:2')('enable');
  const carbonsOf = (client: TestClient) => client.take().filter((xml) => xml.includes('<received')).length;

  beforeEach(async () => {
    await start(roster, presenceModule, carbons, keeper);
    await chamber.request('set', enable);
    chamber.session.management?.acknowledge(1);
    chamber.take();
    send('m1', '/balcony');
  });

  it('so that who has it does not get the message when the other session ends', async () => {
    expect(carbonsOf(chamber)).toBe(1);
    await end(balcony);
    expect([got(chamber).includes('m1'), kept]).toEqual([false, []]);
  });

  it('and the message is kept when nobody acknowledged either', async () => {
    await end(balcony);
    await end(chamber);
    expect(kept).toHaveLength(1);
    expect(kept[0]).toMatch(/^<message id="m1"/);
  });

  it('and nothing is kept when one of them was acknowledged', async () => {
    chamber.session.management?.acknowledge(2);
    await end(balcony);
    await end(chamber);
    expect(kept).toEqual([]);
  });
});

it('who waits for what was sent to arrive waits for the acknowledgement, and hears of the end', async () => {
  const outcomes: boolean[] = [];
  const wait = async () => void outcomes.push(await balcony.session.arrived());
  await wait();
  expect(outcomes).toEqual([true]);
  send('m1', '/balcony');
  void wait();
  await settled();
  send('m2', '/balcony');
  void wait();
  expect(await balcony.session.drained()).toBe(true);
  expect(outcomes).toEqual([true]);
  balcony.session.management?.acknowledge(1);
  await settled();
  expect(outcomes).toEqual([true, true]);
  await end(balcony);
  expect(outcomes).toEqual([true, true, false]);
});
