/** What an archive answers */
import { beforeEach, describe, expect, it, test } from 'vitest';
import { createMemoryStorage, StanzaError } from '#core';
import mam from '#modules/mam';
import roster from '#modules/roster';
import { bodies, mam as element, max, page, query, refusal, rsm } from '../../../test/support/archive.ts';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const MINUTE = 60_000;
const AFTER_SEQ = '{urn:x-tharsis:mam}after-seq';

let server: TestHost;
let romeo: TestClient;
let juliet: TestClient;

/** Messages 1, 2, 3, … in juliet's archive, a minute apart; every third is romeo's. */
async function fill(count: number, options: object = {}): Promise<void> {
  server = await TestHost.start([roster, [mam, options]], ['romeo', 'juliet', 'nurse']);
  romeo = await server.logIn('romeo', 'orchard');
  juliet = await server.logIn('juliet', 'balcony');
  const nurse = await server.logIn('nurse', 'hall');
  for (let number = 1; number <= count; number++) {
    const sender = number % 3 === 0 ? romeo : nurse;
    sender.send(`<message to='juliet@example.com/balcony' id='m${number}'><body>${number}</body></message>`);
    server.clock.advance(MINUTE);
  }
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
const time = (number: number) => new Date(server.clock.now() + (number - 10 - 1) * MINUTE).toISOString();

describe('with ten messages', () => {
  beforeEach(() => fill(10));

  it('all are answered, in their order, each with its id and time and the id of the query, before the result', async () => {
    const answer = await query(juliet);
    expect(bodies(answer)).toEqual(range(1, 10));
    expect(answer.results.map(({ id }) => id)).toEqual(range(1, 10));
    expect(answer.results.map(({ stamp }) => stamp)).toEqual(range(1, 10).map((number) => time(Number(number))));
    expect(new Set(answer.results.map(({ queryId }) => queryId))).toEqual(new Set(['q']));
    expect([answer.isComplete, answer.first, answer.last, answer.count]).toEqual([true, '1', '10', undefined]);
    const stanzas = await juliet.ask(`<iq type='set' id='1'><query xmlns='urn:xmpp:mam:2'/></iq>`);
    expect(stanzas).toHaveLength(11);
    expect(stanzas[10]).toContain('<fin ');
    expect(stanzas[0]).toMatch(/^<message to="juliet@example.com\/balcony" from="juliet@example.com"><result/);
    expect(stanzas[0]).not.toContain('queryid');
  });

  it.each([
    ['from a time on', { start: 4 }, range(4, 10)],
    ['to a time', { end: 4 }, range(1, 4)],
    ['between two times', { start: 4, end: 6 }, range(4, 6)],
    ['after the last one', { start: 11 }, []],
  ])('those %s', async (_what, times, expected) => {
    const fields = Object.fromEntries(Object.entries(times).map(([name, number]) => [name, time(number)]));
    const answer = await query(juliet, fields);
    expect(bodies(answer)).toEqual(expected);
    expect(answer.isComplete).toBe(true);
  });

  it.each([
    ['somebody', 'romeo@example.com', ['3', '6', '9']],
    ['one of his clients', 'romeo@example.com/orchard', ['3', '6', '9']],
    ['another of his clients', 'romeo@example.com/garden', []],
    ['a stranger', 'paris@example.com', []],
    ['oneself', 'juliet@example.com', []],
    ['somebody written otherwise', 'ROMEO@Example.com', ['3', '6', '9']],
  ])('those with %s', async (_who, jid, expected) => {
    expect(bodies(await query(juliet, { with: jid }))).toEqual(expected);
  });

  it.each([
    [{ 'after-id': '4' }, range(5, 10)],
    [{ 'before-id': '4' }, range(1, 3)],
    [{ 'after-id': '4', 'before-id': '7' }, ['5', '6']],
    [{ 'after-id': '7', 'before-id': '4' }, []],
    [{ ids: ['9', '2'] }, ['2', '9']],
    [{ ids: ['9', '2', '9', '3'], with: 'romeo@example.com' }, ['3', '9']],
    [{ ids: ['9', '2'], 'after-id': '2' }, ['9']],
    [{ 'include-groupchat': 'true' }, range(1, 10)],
    [{ 'include-groupchat': 'false' }, range(1, 10)],
    [{ with: '', start: '', ids: [] }, range(1, 10)],
  ])('those that %o lets through', async (fields, expected) => {
    expect(bodies(await query(juliet, fields))).toEqual(expected);
  });

  it.each([
    ['the first', [max(3)], range(1, 3), false],
    ['those after one', [max(3), rsm('after', {}, '3')], range(4, 6), false],
    ['the last of those after one', [max(3), rsm('after', {}, '7')], range(8, 10), true],
    ['those after the last', [rsm('after', {}, '10')], [], true],
    ['the last', [max(3), rsm('before')], range(8, 10), false],
    ['those before one', [max(3), rsm('before', {}, '8')], range(5, 7), false],
    ['the first of those before one', [max(3), rsm('before', {}, '4')], range(1, 3), true],
    ['those before the first', [rsm('before', {}, '1')], [], true],
    ['exactly all', [max(10)], range(1, 10), true],
    ['exactly all, backwards', [max(10), rsm('before')], range(1, 10), true],
  ])('a page: %s', async (_what, set, expected, isComplete) => {
    const answer = await query(juliet, {}, page(...set));
    expect(bodies(answer)).toEqual(expected);
    expect(answer).toMatchObject({ isComplete, first: expected[0], last: expected.at(-1) });
  });

  it('a page of a filtered archive', async () => {
    const romeos = { with: 'romeo@example.com/orchard' };
    expect(bodies(await query(juliet, romeos, page(max(2))))).toEqual(['3', '6']);
    expect(bodies(await query(juliet, romeos, page(max(2), rsm('after', {}, '6'))))).toEqual(['9']);
    expect(bodies(await query(juliet, romeos, page(max(2), rsm('before'))))).toEqual(['6', '9']);
    const named = { ids: ['2', '4', '6', '8'] };
    expect(await query(juliet, named, page(max(2), rsm('before')))).toMatchObject({ first: '6', last: '8' });
    expect(await query(juliet, named, page(max(2), rsm('after', {}, '4')))).toMatchObject({ first: '6', last: '8' });
  });

  it('a flipped page is the same page in reverse, and names its ends as it does otherwise', async () => {
    const flip = element('flip-page');
    const answer = await query(juliet, {}, page(max(3), rsm('after', {}, '3')), flip);
    expect(bodies(answer)).toEqual(['6', '5', '4']);
    expect(answer).toMatchObject({ first: '4', last: '6', isComplete: false });
    expect(bodies(await query(juliet, {}, page(max(3), rsm('before')), flip))).toEqual(['10', '9', '8']);
  });

  it.each([
    [{}, '10'],
    [{ 'after-id': '4' }, '6'],
    [{ ids: ['1', '3'] }, '2'],
    [{ ids: ['1', '3'], with: 'romeo@example.com' }, '1'],
    [{ with: 'romeo@example.com' }, undefined],
    [{ start: '2100-01-01T00:00:00Z' }, '0'],
  ])('the count of %o is told to who asks for it alone', async (fields, count) => {
    const answer = await query(juliet, fields, page(max(0)));
    expect(answer).toMatchObject({ results: [], count, first: undefined, last: undefined });
  });

  it('what came after a number is told, and how far the archive goes', async () => {
    const answer = await query(juliet, { [AFTER_SEQ]: '8' });
    expect(bodies(answer)).toEqual(['9', '10']);
    expect(answer.fin.child('archive', 'urn:x-tharsis:mam')?.attrs).toMatchObject({ first: '1', last: '10' });
    expect(bodies(await query(juliet, { [AFTER_SEQ]: '0' }))).toEqual(range(1, 10));
    expect(bodies(await query(juliet, { [AFTER_SEQ]: '10' }))).toEqual([]);
    expect(bodies(await query(juliet, { [AFTER_SEQ]: '9000' }))).toEqual([]);
  });

  it('a number that is no longer there is no mistake, unlike an id', async () => {
    await server.host.stores.archive('mam').trim('juliet', 5);
    const answer = await query(juliet, { [AFTER_SEQ]: '3' }, page(max(2)));
    expect(bodies(answer)).toEqual(['6', '7']);
    expect(answer.fin.child('archive', 'urn:x-tharsis:mam')?.attrs).toMatchObject({ first: '6', last: '10' });
    expect(await refusal(query(juliet, {}, page(rsm('after', {}, '3'))))).toBe('item-not-found');
  });

  it.each([
    ['after', () => query(juliet, {}, page(rsm('after', {}, '11'))), 'item-not-found'],
    ['before', () => query(juliet, {}, page(rsm('before', {}, 'x'))), 'item-not-found'],
    ['after-id', () => query(juliet, { 'after-id': '11' }), 'item-not-found'],
    ['before-id', () => query(juliet, { 'before-id': '0' }), 'item-not-found'],
    ['an id that is written otherwise', () => query(juliet, { 'after-id': '04' }), 'item-not-found'],
    ['one of the ids', () => query(juliet, { ids: ['1', '11'] }), 'item-not-found'],
    ['a field nobody knows', () => query(juliet, { subject: 'x' }), 'feature-not-implemented'],
    ['a position', () => query(juliet, {}, page(rsm('index', {}, '3'))), 'feature-not-implemented'],
    ['no address', () => query(juliet, { with: '@example.com' }), 'jid-malformed'],
    ['no time', () => query(juliet, { start: 'yesterday' }), 'bad-request'],
    ['no number', () => query(juliet, { [AFTER_SEQ]: '-1' }), 'bad-request'],
    ['no maximum', () => query(juliet, {}, page(rsm('max', {}, 'many'))), 'bad-request'],
    ['no boolean', () => query(juliet, { 'include-groupchat': 'some' }), 'bad-request'],
    ['a form with two types', () => query(juliet, { FORM_TYPE: 'urn:other' }), 'bad-request'],
  ])('%s is refused', async (_what, ask, condition) => {
    expect(await refusal(ask())).toBe(condition);
    expect(juliet.take()).toEqual([expect.stringMatching(/^<iq [^>]*type="error"/)]);
  });

  it('the metadata names the first and the last', async () => {
    const { payload } = await juliet.request('get', element('metadata'));
    expect(payload).toEqual(
      element(
        'metadata',
        {},
        element('start', { id: '1', timestamp: time(1) }),
        element('end', { id: '10', timestamp: time(10) }),
      ),
    );
  });

  it.each([
    ['get', 'query'],
    ['set', 'query'],
    ['get', 'metadata'],
    ['get', 'prefs'],
    ['set', 'prefs'],
  ] as const)('a %s of %s at the account of somebody else is forbidden', async (type, name) => {
    const answer = await romeo.request(type, element(name, { default: 'always' }), 'juliet@example.com');
    expect(StanzaError.from(answer).condition).toBe('forbidden');
    expect(romeo.take().filter((stanza) => stanza.startsWith('<message'))).toEqual([]);
  });
});

test('an empty archive answers with nothing, and has no metadata', async () => {
  await fill(0);
  expect(await query(juliet)).toMatchObject({ results: [], isComplete: true, first: undefined, last: undefined });
  expect((await query(juliet, {}, page(max(0)))).count).toBe('0');
  const { payload } = await juliet.request('get', element('metadata'));
  expect(payload).toEqual(element('metadata'));
});

test('the form has the fields that are known', async () => {
  await fill(0);
  const { payload } = await juliet.request('get', element('query'));
  const form = payload?.child('x', 'jabber:x:data');
  const fields = form?.elements('field').map(({ attrs }) => `${attrs.var} ${attrs.type}`);
  expect(form?.attrs.type).toBe('form');
  expect(fields).toEqual([
    'FORM_TYPE hidden',
    'with jid-single',
    'start text-single',
    'end text-single',
    'before-id text-single',
    'after-id text-single',
    'ids list-multi',
    'include-groupchat boolean',
    `${AFTER_SEQ} text-single`,
  ]);
});

describe('a page is limited', () => {
  it('to so many messages where the client does not say, and to more where it does', async () => {
    await fill(8, { page: 3, max_page: 5 });
    expect(bodies(await query(juliet))).toEqual(range(1, 3));
    expect(await query(juliet, {}, page(max(5)))).toMatchObject({ last: '5', isComplete: false });
    expect(await query(juliet, {}, page(max(6)))).toMatchObject({ last: '5', isComplete: false });
    expect(bodies(await query(juliet, { ids: range(1, 5) }, page(max(5))))).toEqual(range(1, 5));
    expect(await refusal(query(juliet, { ids: range(1, 6) }))).toBe('policy-violation');
  });

  it('to about a megabyte, and to no less than one message', async () => {
    await fill(0);
    const say = (characters: number) =>
      romeo.send(`<message to='juliet@example.com/balcony'><body>${'x'.repeat(characters)}</body></message>`);
    for (let sent = 0; sent < 3; sent++) say(500_000);
    say(2_000_000);
    expect(await query(juliet)).toMatchObject({ first: '1', last: '2', isComplete: false });
    expect(await query(juliet, {}, page(rsm('before')))).toMatchObject({ first: '4', last: '4', isComplete: false });
  });

  it('not by what a filter leaves out', async () => {
    await fill(450);
    const garden = await server.logIn('romeo', 'garden');
    garden.send("<message to='juliet@example.com/balcony'><body>at last</body></message>");
    expect(bodies(await query(juliet, { with: 'romeo@example.com/garden' }))).toEqual(['at last']);
  });
});

test('results go to the client that asked, and stop with its session', async () => {
  await fill(3);
  const chamber = await server.logIn('juliet', 'chamber');
  juliet.take();
  await query(chamber);
  expect(juliet.take()).toEqual([]);
  chamber.send("<iq type='set' id='1'><query xmlns='urn:xmpp:mam:2'/></iq>");
  chamber.session.disconnected();
  expect(bodies(await query(juliet))).toEqual(range(1, 3));
  expect(server.log).toEqual([]);
});

test('for a client that is gone nobody reads on', async () => {
  const stores = createMemoryStorage().stores('example.com');
  const archive = stores.archive('mam');
  const entry = { at: 0, with: 'romeo@example.com', data: "<message from='romeo@example.com/orchard'/>" };
  for (let number = 0; number < 1_000; number++) await archive.append('juliet', entry);
  let pages = 0;
  const counted = new Proxy(archive, {
    get(store, name: keyof typeof archive) {
      if (name === 'query') pages++;
      return store[name].bind(store);
    },
  });
  server = await TestHost.start([roster, mam], ['juliet'], 'example.com', { ...stores, archive: () => counted });
  juliet = await server.logIn('juliet', 'balcony');
  pages = 0;
  void query(juliet, { with: 'romeo@example.com/garden' });
  juliet.session.disconnected();
  for (let turn = 0; turn < 20; turn++) await settled();
  expect(pages).toBeLessThan(5);
});
