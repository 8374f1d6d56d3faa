import { beforeEach, expect, it } from 'vitest';
import mam from '#modules/mam';
import roster from '#modules/roster';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';
import reports from './index.ts';

let host: TestHost;
let juliet: TestClient;
let tybalt: TestClient;

async function start(config: object = {}): Promise<void> {
  host = await TestHost.start([roster, mam, [reports, config]], ['juliet', 'tybalt', 'nurse']);
  juliet = host.connect('juliet', 'balcony');
  tybalt = host.connect('tybalt', 'street');
}

beforeEach(() => start());

const report = (content: string, attributes = "jid='tybalt@example.com' reason='abuse'") =>
  `<iq type='set' id='r' to='example.com'><report xmlns='urn:x-tharsis:reports' ${attributes}>${content}</report></iq>`;
const about = (id: string, by = 'juliet@example.com') => `<stanza-id xmlns='urn:xmpp:sid:0' by='${by}' id='${id}'/>`;
const say = (body: string) => `<message type='chat' to='juliet@example.com/balcony'><body>${body}</body></message>`;
const list = async (input: object = {}) =>
  (await host.commands.run('report.list', input)) as {
    reports: { id: string; messages: { xml: string }[] }[];
    more: boolean;
  };

async function refusal(request: string): Promise<string | undefined> {
  const [answer = ''] = await juliet.ask(request);
  return /<error type="\w+"><([\w-]+)/.exec(answer)?.[1];
}

it('keeps a report with what was written before and after, until it is dealt with', async () => {
  await start({ context: 2 });
  await tybalt.ask(...['a', 'b', 'c', 'd', 'e', 'f'].map(say));
  juliet.take();
  expect(await refusal(report(`<text>He threatens me.</text>${about('4')}`))).toBeUndefined();
  const { reports: kept, more } = await list();
  expect({ kept, more }).toEqual({
    kept: [
      {
        id: expect.any(String),
        at: '2026-01-01T00:00:00.000Z',
        from: 'juliet@example.com',
        about: 'tybalt@example.com',
        reason: 'abuse',
        text: 'He threatens me.',
        messages: ['b', 'c', 'd', 'e', 'f'].map((body) => ({
          at: '2026-01-01T00:00:00.000Z',
          xml: expect.stringContaining(`<body>${body}</body>`),
        })),
      },
    ],
    more: false,
  });
  const id = kept[0]?.id;
  expect(await host.commands.run('report.close', { id })).toEqual({ id });
  expect((await list()).reports).toEqual([]);
  await expect(host.commands.run('report.close', { id })).rejects.toMatchObject({ condition: 'item-not-found' });
});

it.each([
  [0, ['d']],
  [1_000, ['d']],
  [2_500, ['c', 'd', 'e']],
  [100_000, ['a', 'b', 'c', 'd', 'e', 'f']],
])('of what was written around it at most %d characters are kept, the nearest', async (context_size, expected) => {
  await start({ context_size });
  await tybalt.ask(...['a', 'b', 'c', 'd', 'e', 'f'].map((body) => say(body + '.'.repeat(900))));
  juliet.take();
  expect(await refusal(report(about('4')))).toBeUndefined();
  const [{ messages } = { messages: [] }] = (await list()).reports;
  expect(messages.map(({ xml }) => /<body>(.)/.exec(xml)?.[1])).toEqual(expected);
});

it('lists them by time, page by page', async () => {
  for (let n = 0; n < 3; n++) {
    await juliet.ask(report('', `jid='tybalt@example.com' reason='r${n}'`));
    host.clock.advance(1_000);
  }
  const first = await list({ limit: 2 });
  expect(first).toMatchObject({ reports: [{ reason: 'r0' }, { reason: 'r1' }], more: true });
  expect(await list({ after: first.reports[1]?.id })).toMatchObject({ reports: [{ reason: 'r2' }], more: false });
});

it('has no messages that are not with him, and none of another’s archive', async () => {
  await host.connect('nurse', 'x').ask(say('hello'));
  await tybalt.ask(say('hello'));
  juliet.take();
  expect(await refusal(report(about('1')))).toBe('item-not-found');
  expect(await refusal(report(about('9')))).toBe('item-not-found');
  expect(await refusal(report(about('none')))).toBe('item-not-found');
  expect(await refusal(report(about('2', 'tybalt@example.com')))).toBe('not-acceptable');
  expect(await refusal(report(about('2')))).toBeUndefined();
});

it.each([
  ["reason='x'", '', 'bad-request'],
  ["jid='tybalt@example.com'", '', 'bad-request'],
  ["jid='a b@example.com' reason='x'", '', 'jid-malformed'],
  ["jid='juliet@example.com' reason='x'", '', 'not-acceptable'],
  [`jid='tybalt@example.com' reason='${'x'.repeat(201)}'`, '', 'not-acceptable'],
  ["jid='tybalt@example.com' reason='x'", `<text>${'x'.repeat(2_001)}</text>`, 'not-acceptable'],
])('refuses %s', async (attributes, content, condition) => {
  expect(await refusal(report(content, attributes))).toBe(condition);
});

it('takes so many of a user in an hour, and so many in all', async () => {
  await start({ per_user_per_hour: 2, max_open: 3 });
  const two = [await refusal(report('')), await refusal(report('')), await refusal(report(''))];
  expect(two).toEqual([undefined, undefined, 'policy-violation']);
  host.clock.advance(3_600_000);
  expect([await refusal(report('')), await refusal(report(''))]).toEqual([undefined, 'resource-constraint']);
});
