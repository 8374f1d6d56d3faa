import { beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineCommand, type Iq, NS_DATA_FORMS, ns, StanzaError } from '#core';
import disco from '#modules/disco';
import roster from '#modules/roster';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';
import commands from './index.ts';

const NS = 'http://jabber.org/protocol/commands';
const OWN = 'urn:x-tharsis:commands';
const command = ns(NS);
const data = ns(NS_DATA_FORMS);

let host: TestHost;
let bard: TestClient;
let stops: number;

beforeEach(async () => {
  host = await TestHost.start(
    [roster, disco, [commands, { admins: ['bard@example.com'], max_sessions: 2, session_seconds: 60 }]],
    ['bard', 'romeo'],
  );
  stops = 0;
  host.commands.add(
    defineCommand({
      name: 'user.add',
      summary: 'Make an account',
      input: z.strictObject({
        jid: z.string(),
        password: z.string().meta({ secret: true }),
        kind: z.enum(['a', 'b']).optional(),
      }),
      output: z.object({ jid: z.string() }),
      run({ jid }) {
        if (jid === 'romeo@example.com') throw new StanzaError('conflict', 'romeo@example.com exists already');
        return { jid };
      },
    }),
  );
  host.commands.add(
    defineCommand({
      name: 'user.delete',
      summary: 'Delete an account',
      input: z.strictObject({ jid: z.string() }),
      output: z.object({ jid: z.string() }),
      run({ jid }) {
        if (jid === 'nobody@example.com') throw new StanzaError('item-not-found', 'there is no nobody');
        return { jid };
      },
    }),
  );
  host.commands.add(
    defineCommand({
      name: 'scene.list',
      summary: 'List scenes',
      input: z.strictObject({}),
      output: z.object({
        total: z.int(),
        open: z.boolean(),
        scenes: z.array(z.object({ name: z.string(), size: z.int() })),
      }),
      reads: true,
      run: () => ({
        total: 2,
        open: true,
        scenes: [
          { name: 'park', size: 3 },
          { name: 'pub', size: 1 },
        ],
      }),
    }),
  );
  host.commands.add(
    defineCommand({
      name: 'server.stop',
      summary: 'Stop',
      input: z.strictObject({
        loud: z.boolean().default(true),
        words: z.array(z.string()).default([]),
        n: z.int().default(7),
      }),
      output: z.object({ words: z.array(z.string()), n: z.int(), loud: z.boolean() }),
      run({ words, n, loud }) {
        stops++;
        return { words, n, loud };
      },
    }),
  );
  bard = host.connect('bard', 'globe');
});

const ADD = 'http://jabber.org/protocol/admin#add-user';
const DELETE = 'http://jabber.org/protocol/admin#delete-user';
const NOT_SERVED = 'http://jabber.org/protocol/admin#edit-whitelist';
const STOP = 'http://jabber.org/protocol/admin#shutdown';

type Attrs = Record<string, string | undefined>;

const ask = (attrs: Attrs, form?: Record<string, string[]>, client = bard) =>
  client.request('set', command('command', attrs, form && filledIn(attrs.node ?? '', form)), 'example.com');

function filledIn(node: string, fields: Record<string, string[]>) {
  const all = { FORM_TYPE: [node.split('#')[0] ?? ''], ...fields };
  return data(
    'x',
    { type: 'submit' },
    Object.entries(all).map(([name, values]) =>
      data(
        'field',
        { var: name },
        values.map((value) => data('value', {}, value)),
      ),
    ),
  );
}

async function begin(node: string): Promise<string> {
  return (await ask({ node })).payload?.attr('sessionid') ?? '';
}

function conditions(iq: Iq): string[] {
  const error = iq.child('error');
  return [
    error?.attrs.type ?? '',
    ...(error?.elements() ?? []).filter(({ name }) => name !== 'text').map(({ name }) => name),
  ];
}

const note = (iq: Iq) => iq.payload?.child('note', NS);

describe('a command with an input', () => {
  it('is asked for in a form made from its definition, and done when that comes back (§2.4.2)', async () => {
    const first = await ask({ node: ADD, action: 'execute' });
    expect(first.payload?.attrs).toMatchObject({ node: ADD, status: 'executing' });
    expect(first.payload?.child('actions', NS)?.attrs.execute).toBe('complete');
    expect(
      first.payload
        ?.child('actions', NS)
        ?.elements()
        .map(({ name }) => name),
    ).toEqual(['complete']);
    const fields = first.payload?.child('x', NS_DATA_FORMS)?.elements('field') ?? [];
    expect(fields.map(({ attrs }) => [attrs.var, attrs.type])).toEqual([
      ['FORM_TYPE', 'hidden'],
      ['accountjid', 'text-single'],
      ['password', 'text-private'],
      ['password-verify', 'text-private'],
      ['kind', 'list-single'],
    ]);
    expect(fields.map((field) => field.child('required') !== undefined)).toEqual([false, true, true, false, false]);
    const sessionid = first.payload?.attr('sessionid');
    const form = { accountjid: ['juliet@example.com'], password: ['pw'], kind: [''] };
    const second = await ask({ node: ADD, sessionid }, form);
    expect(second.payload?.attrs).toMatchObject({ node: ADD, sessionid, status: 'completed' });
    expect(second.payload?.child('x', NS_DATA_FORMS)?.attrs.type).toBe('result');
    expect(host.log.map(({ fields }) => fields)).toEqual([{ command: 'user.add', by: 'bard@example.com/globe' }]);
  });

  it.each([[['pw']], [['']]])('takes a password that is said again as %j (XEP-0133 §4.1)', async (again) => {
    const sessionid = await begin(ADD);
    const form = { accountjid: ['juliet@example.com'], password: ['pw'], 'password-verify': again };
    expect((await ask({ node: ADD, sessionid }, form)).payload?.attrs.status).toBe('completed');
  });

  it('is done for each of several accounts, and tells which failed (XEP-0133 §4.2)', async () => {
    const sessionid = await begin(DELETE);
    const accountjids = ['a@example.com', 'nobody@example.com', 'b@example.com'];
    const done = await ask({ node: DELETE, sessionid, action: 'complete' }, { accountjids });
    expect(done.payload?.elements().map(({ name }) => name)).toEqual(['x', 'note', 'x']);
    expect(note(done)?.text()).toBe('there is no nobody');
  });

  it('reads fields of every type', async () => {
    const sessionid = await begin(STOP);
    const done = await ask({ node: STOP, sessionid }, { loud: ['0'], words: ['a', 'b'], n: ['3'] });
    const values = done.payload
      ?.child('x', NS_DATA_FORMS)
      ?.elements('field')
      .map((field) => field.elements('value').map((value) => value.text()));
    expect(values?.slice(1)).toEqual([['a', 'b'], ['3'], ['false']]);
  });

  it('that fails is completed, with a note of type error (§3.6)', async () => {
    const sessionid = await begin(DELETE);
    const failed = await ask({ node: DELETE, sessionid }, { accountjids: ['nobody@example.com'] });
    expect(failed.payload?.attrs.status).toBe('completed');
    expect(note(failed)?.attrs.type).toBe('error');
    expect(note(failed)?.text()).toBe('there is no nobody');
  });

  it('that cannot be completed because of a conflict is refused with that (XEP-0133 §5)', async () => {
    const sessionid = await begin(ADD);
    const failed = await ask({ node: ADD, sessionid }, { accountjid: ['romeo@example.com'], password: ['pw'] });
    expect(conditions(failed)).toEqual(['cancel', 'conflict']);
    expect(StanzaError.from(failed).text).toBe('romeo@example.com exists already');
  });

  it('can be cancelled (§2.4.3)', async () => {
    const sessionid = await begin(STOP);
    const canceled = await ask({ node: STOP, sessionid, action: 'cancel' });
    expect(canceled.payload?.attrs).toMatchObject({ sessionid, status: 'canceled' });
    expect(conditions(await ask({ node: STOP, sessionid }, {}))).toEqual(['cancel', 'not-allowed', 'session-expired']);
    expect(stops).toBe(0);
  });
});

it('a command that reads and asks for nothing is done at once (§2.4.1)', async () => {
  const { payload } = await ask({ node: `${OWN}#scene.list` });
  expect(payload?.attrs).toMatchObject({ status: 'completed', sessionid: expect.stringMatching(/./) });
  const [singles, scenes] = payload?.elements() ?? [];
  expect(payload?.elements().map(({ name }) => name)).toEqual(['x', 'x']);
  expect(singles?.toString()).toContain('total');
  expect(scenes?.toString()).toContain(
    '<item><field var="name"><value>pub</value></field><field var="size"><value>1</value></field></item>',
  );
});

describe('refused (§4.4) is', () => {
  it.each([
    ['an action that is none', { action: 'explode' }, ['modify', 'bad-request', 'malformed-action']],
    ['an action before the first form', { action: 'complete' }, ['modify', 'bad-request', 'bad-action']],
    ['a language that is not spoken', { 'xml:lang': 'fr-ca' }, ['modify', 'bad-request', 'bad-locale']],
    ['a session that was never given', { sessionid: 'made.up' }, ['modify', 'bad-request', 'bad-sessionid']],
    ['an empty session', { sessionid: '' }, ['modify', 'bad-request', 'bad-sessionid']],
    ['a command that is not there', { node: `${OWN}#none` }, ['cancel', 'item-not-found']],
    [
      'a use case of XEP-0133 that is not served (§5 there)',
      { node: NOT_SERVED },
      ['cancel', 'feature-not-implemented'],
    ],
    ['no node', { node: undefined }, ['modify', 'bad-request']],
  ])('%s', async (_what, attrs, expected) => {
    expect(conditions(await ask({ node: ADD, ...attrs }))).toEqual(expected);
  });

  it('an action that this stage has not', async () => {
    const sessionid = await begin(ADD);
    for (const action of ['prev', 'next']) {
      expect(conditions(await ask({ node: ADD, sessionid, action }))).toEqual(['modify', 'bad-request', 'bad-action']);
    }
  });

  it('a payload that does not fit, and the session goes on', async () => {
    const sessionid = await begin(ADD);
    const bad = ['modify', 'bad-request', 'bad-payload'];
    expect(conditions(await ask({ node: ADD, sessionid }))).toEqual(bad);
    for (const form of [
      {},
      { accountjid: ['a@example.com'] },
      { accountjid: ['a@example.com', 'b@example.com'], password: ['pw'] },
      { accountjid: ['a@example.com'], password: ['pw'], shoe: ['9'] },
      { accountjid: ['a@example.com'], password: ['pw'], 'password-verify': ['wp'] },
      { accountjid: ['a@example.com'], 'password-verify': ['pw'] },
      { accountjid: ['a@example.com'], password: ['pw'], kind: ['c'] },
      { accountjid: ['a@example.com'], password: ['pw'], FORM_TYPE: [OWN] },
    ] as Record<string, string[]>[]) {
      expect(conditions(await ask({ node: ADD, sessionid }, form))).toEqual(bad);
    }
    const done = await ask({ node: ADD, sessionid }, { accountjid: ['a@example.com'], password: ['pw'] });
    expect(done.payload?.attrs.status).toBe('completed');
  });

  it('a session that is over: done, or out of time', async () => {
    const over = ['cancel', 'not-allowed', 'session-expired'];
    const done = await begin(STOP);
    await ask({ node: STOP, sessionid: done }, {});
    expect(conditions(await ask({ node: STOP, sessionid: done }, {}))).toEqual(over);
    const late = await begin(STOP);
    host.clock.advance(60_000);
    expect(conditions(await ask({ node: STOP, sessionid: late }, {}))).toEqual(over);
    expect(stops).toBe(1);
  });

  it('a session of another command, or of another client', async () => {
    const sessionid = await begin(STOP);
    const other = host.connect('bard', 'other');
    const wrong = ['modify', 'bad-request', 'bad-sessionid'];
    expect(conditions(await ask({ node: ADD, sessionid }, {}))).toEqual(wrong);
    expect(conditions(await ask({ node: STOP, sessionid }, {}, other))).toEqual(wrong);
    expect(stops).toBe(0);
  });

  it('a session more than there may be, until one ends or its time is over', async () => {
    await begin(STOP);
    const second = await begin(STOP);
    const full = ['wait', 'resource-constraint'];
    expect(conditions(await ask({ node: STOP }))).toEqual(full);
    await ask({ node: STOP, sessionid: second, action: 'cancel' });
    await begin(STOP);
    expect(conditions(await ask({ node: STOP }))).toEqual(full);
    host.clock.advance(60_000);
    expect((await ask({ node: STOP })).payload?.attrs.status).toBe('executing');
  });

  it('everybody who is no administrator', async () => {
    const romeo = host.connect('romeo', 'orchard');
    const never = ['cancel', 'forbidden'];
    expect(conditions(await ask({ node: STOP }, undefined, romeo))).toEqual(never);
    expect(conditions(await ask({ node: `${OWN}#none` }, undefined, romeo))).toEqual(never);
    expect(conditions(await ask({ node: STOP, sessionid: await begin(STOP) }, {}, romeo))).toEqual(never);
    expect(stops).toBe(0);
  });
});
