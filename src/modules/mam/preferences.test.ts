import { beforeEach, describe, expect, it, test } from 'vitest';
import { type Element, StanzaError } from '#core';
import mam from '#modules/mam';
import roster from '#modules/roster';
import { bodies, mam as element, query } from '../../../test/support/archive.ts';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';

let server: TestHost;
let romeo: TestClient;
let juliet: TestClient;

async function start(options: object = {}): Promise<void> {
  server = await TestHost.start([roster, [mam, options]], ['romeo', 'juliet']);
  romeo = await server.logIn('romeo', 'orchard');
  juliet = await server.logIn('juliet', 'balcony');
}
beforeEach(() => start());

const list = (name: string, jids: readonly string[]) =>
  element(
    name,
    {},
    jids.map((jid) => element('jid', {}, jid)),
  );
const prefs = (policy: string | undefined, always: readonly string[] = [], never: readonly string[] = []) =>
  element('prefs', { default: policy }, list('always', always), list('never', never));
const set = (payload: Element) => romeo.request('set', payload);
const get = async () => (await romeo.request('get', element('prefs'))).payload;

/** Whether romeo's archive takes a message to juliet, and one from her. */
async function archives(): Promise<readonly (string | undefined)[]> {
  await romeo.ask("<message to='juliet@example.com/balcony'><body>to</body></message>");
  juliet.send("<message to='romeo@example.com/orchard'><body>from</body></message>");
  return bodies(await query(romeo));
}
const BOTH = ['to', 'from'];

test('who has set nothing has everything archived', async () => {
  expect(await get()).toEqual(prefs('always'));
  expect(await archives()).toEqual(BOTH);
});

test('what is set is answered and kept, each address once and in its own form', async () => {
  const given = prefs('roster', ['JULIET@example.com', 'juliet@example.com'], ['paris@example.com/hall']);
  const kept = prefs('roster', ['juliet@example.com'], ['paris@example.com/hall']);
  expect((await set(given)).payload).toEqual(kept);
  expect(await get()).toEqual(kept);
  const restarted = await TestHost.start([roster, mam], [], 'example.com', server.host.stores);
  romeo = restarted.connect('romeo', 'orchard');
  expect(await get()).toEqual(kept);
});

test('lists that are not there are empty', async () => {
  expect((await set(element('prefs', { default: 'never' }))).payload).toEqual(prefs('never'));
});

describe('messages with a contact', () => {
  const BARE = 'juliet@example.com';
  const FULL = 'juliet@example.com/balcony';
  const OTHER = 'juliet@example.com/chamber';

  it.each([
    ['by default', prefs('always'), BOTH],
    ['not by default', prefs('never'), []],
    ['not for a stranger', prefs('roster'), []],
    ['for an address that is listed', prefs('never', [BARE]), BOTH],
    ['not for an address that is excluded', prefs('always', [], [BARE]), []],
    ['for a client that is listed', prefs('never', [FULL]), BOTH],
    ['not for a client that is not', prefs('never', [OTHER]), []],
    ['for all but an excluded client', prefs('always', [], [OTHER]), BOTH],
    ['not for one of which both is said', prefs('always', [BARE], [BARE]), []],
    ['for one client of an address that is excluded', prefs('always', [FULL], [BARE]), BOTH],
    ['for a stranger who is listed', prefs('roster', [BARE]), BOTH],
  ])('are archived %s', async (_when, given, expected) => {
    await set(given);
    expect(await archives()).toEqual(expected);
  });

  it('are archived for who is in the roster, from then on', async () => {
    await set(prefs('roster'));
    expect(await archives()).toEqual([]);
    await romeo.ask(`<iq type='set' id='1'><query xmlns='jabber:iq:roster'><item jid='${BARE}'/></query></iq>`);
    expect(await archives()).toEqual(BOTH);
  });

  it('are archived for the other one all the same', async () => {
    await set(prefs('never'));
    await archives();
    expect(bodies(await query(juliet))).toEqual(BOTH);
  });

  it('that are not archived have no id', async () => {
    await set(prefs('never'));
    juliet.send("<message to='romeo@example.com/orchard'><body>from</body></message>");
    expect(romeo.take().at(-1)).not.toContain('stanza-id');
  });
});

test('what is archived without preferences is an option', async () => {
  await start({ default: 'never' });
  expect(await get()).toEqual(prefs('never'));
  expect(await archives()).toEqual([]);
});

describe('preferences are refused', () => {
  it.each([
    ['without a default', prefs(undefined), 'bad-request'],
    ['with an unknown default', prefs('sometimes'), 'bad-request'],
    ['with what is no address', prefs('always', ['@']), 'jid-malformed'],
  ])('%s', async (_what, given, condition) => {
    expect(StanzaError.from(await set(given)).condition).toBe(condition);
    expect(await get()).toEqual(prefs('always'));
  });

  it('with an address too many', async () => {
    await start({ max_preferences: 2 });
    expect((await set(prefs('always', ['a.example'], ['b.example']))).type).toBe('result');
    const answer = await set(prefs('always', ['a.example', 'c.example'], ['b.example']));
    expect(StanzaError.from(answer).condition).toBe('resource-constraint');
    expect(await get()).toEqual(prefs('always', ['a.example'], ['b.example']));
  });
});

test('the next owner of an account begins with none', async () => {
  await set(prefs('never'));
  await server.host.deleteAccount('romeo');
  await server.host.createAccount('romeo', 'secret');
  romeo = await server.logIn('romeo', 'orchard');
  expect(await get()).toEqual(prefs('always'));
  expect(await archives()).toEqual(BOTH);
});
