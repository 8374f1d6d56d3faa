/** More sessions than an account may have, and more logins than there is time for: who gives way, and what it is told */
import { afterEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { elements, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { base64, bindRequest, connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const SESSIONS = 'urn:x-tharsis:sessions';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(config: object, clock?: ManualClock): Promise<TestServer> {
  const server = await createTestServer({
    ...(clock && { clock }),
    config: { auth: { plain_without_tls: true }, ...config },
  });
  undo.push(() => server.stop());
  for (const name of ['juliet', 'romeo', 'tybalt', 'nurse']) await server.addUser(name, 'secret');
  return server;
}

async function connect(server: TestServer, transport: RawTransport = 'tcp'): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  undo.push(() => client.destroy());
  return client;
}

/** Logs romeo in; resolves with the answer to the bind request. */
async function bind(server: TestServer, resource: string, transport?: RawTransport) {
  const client = await connect(server, transport);
  await client.features();
  client.auth('PLAIN', base64('\0romeo\0secret'));
  await client.find('success');
  await client.features();
  client.send(bindRequest(resource));
  return { client, answer: await client.find('iq') };
}

/** The condition of an error and the one of ours beside it. */
function conditions(error: XmlNode): { condition: string | undefined; ours: XmlNode | undefined } {
  const [condition] = elements(error);
  return { condition: condition?.name, ours: elements(error).find(({ ns }) => ns === SESSIONS) };
}

const errorIn = (answer: XmlNode) => elements(answer).find(({ name }) => name === 'error') as XmlNode;

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('the older session of a class ends with the reason, and those of others stay', async () => {
    const classes = [{ name: 'phone', resource: '^phone', most: 1 }];
    const server = await start({ sessions: { classes } });
    const desk = await bind(server, 'desk', transport);
    const first = await bind(server, 'phone-1', transport);
    const second = await bind(server, 'phone-2', transport);
    expect(second.answer.attrs.type).toBe('result');
    const error = await first.client.find('error');
    expect(conditions(error)).toMatchObject({
      condition: 'conflict',
      ours: { name: 'too-many', attrs: { most: '1', class: 'phone' } },
    });
    expect(server.host.sessions.size).toBe(2);
    expect(await desk.client.ping()).toEqual([]);
  });

  it('the newer session is refused where the older wins, with the same reason', async () => {
    const classes = [{ name: 'phone', resource: '^phone', most: 1, wins: 'oldest' }];
    const server = await start({ sessions: { classes } });
    await bind(server, 'phone-1', transport);
    const { client, answer } = await bind(server, 'phone-2', transport);
    expect(conditions(errorIn(answer))).toMatchObject({
      condition: 'resource-constraint',
      ours: { name: 'too-many', attrs: { most: '1', class: 'phone' } },
    });
    // RFC 6120 §7.6.2.1: it may try again on the same stream.
    client.send(bindRequest('desk'));
    expect((await client.find('iq')).attrs.type).toBe('result');
  });
});

it('a class can be those of a transport', async () => {
  const server = await start({ sessions: { classes: [{ name: 'web', transport: 'websocket', most: 1 }] } });
  await bind(server, 'a', 'tcp');
  await bind(server, 'b', 'websocket');
  await bind(server, 'c', 'websocket');
  const { sessions } = server.host;
  expect([...sessions].map(({ jid }) => jid.resource)).toEqual(['a', 'c']);
});

it.each([
  ['replace', undefined],
  ['refuse', 'conflict'],
])('a resource that is in use is told, with resource_conflict %s', async (resource_conflict, refusal) => {
  const server = await start({ auth: { plain_without_tls: true, resource_conflict } });
  const first = await bind(server, 'same');
  const { answer } = await bind(server, 'same');
  const error = refusal === undefined ? await first.client.find('error') : errorIn(answer);
  expect(conditions(error)).toMatchObject({ condition: 'conflict', ours: { name: 'same-resource' } });
});

it('nobody loses a session to one that is refused', async () => {
  const classes = [{ name: 'web', transport: 'websocket', most: 1, wins: 'oldest' }];
  const server = await start({ sessions: { classes } });
  const first = await bind(server, 'same', 'tcp');
  await bind(server, 'other', 'websocket');
  expect((await bind(server, 'same', 'websocket')).answer.attrs.type).toBe('error');
  expect(await first.client.ping()).toEqual([]);
});

it('a reload changes who gives way', async () => {
  const config = {
    auth: { plain_without_tls: true },
    sessions: { wins: 'oldest' },
    limits: { sessions_per_account: 1 },
  };
  const server = await start(config);
  await bind(server, 'a');
  expect((await bind(server, 'b')).answer.attrs.type).toBe('error');
  config.sessions.wins = 'newest';
  await server.reload();
  expect((await bind(server, 'b')).answer.attrs.type).toBe('result');
  expect([...server.host.sessions].map(({ jid }) => jid.resource)).toEqual(['b']);
});

describe('when more log in than can be let in', () => {
  const limits = { logins_per_second: 1, login_queue: 1 };

  async function begin(server: TestServer, username: string): Promise<RawClient> {
    const client = await connect(server);
    await client.features();
    client.auth('PLAIN', base64(`\0${username}\0secret`));
    return client;
  }

  it.each([
    ['the queue', limits],
    ['the time to log in', { logins_per_second: 1, login_seconds: 2 }],
  ])('one waits for its turn, and the next is told when to come back, by %s', async (_what, limits) => {
    const clock = new ManualClock();
    const server = await start({ limits }, clock);
    expect((await (await begin(server, 'juliet')).next()).name).toBe('success');
    const waiting = await Promise.all([begin(server, 'romeo'), begin(server, 'tybalt')]);
    const refused = await Promise.race(waiting.map(async (client) => ({ client, error: await client.next() })));
    const { condition, ours } = conditions(refused.error);
    expect(condition).toBe('resource-constraint');
    expect(ours?.name).toBe('try-later');
    const seconds = ours?.attrs.seconds;
    expect(Number(seconds)).toBeGreaterThanOrEqual(1);
    expect(textOf(elements(refused.error)[1] as XmlNode)).toBe(`too many log in at once, try again in ${seconds} s`);
    clock.advance(1_000);
    const other = waiting.find((client) => client !== refused.client) as RawClient;
    expect(await other.outcome()).toEqual({ success: '' });
  });

  it('who comes with a token does not wait', async () => {
    const server = await start({ limits: { ...limits, login_queue: 0 } }, new ManualClock());
    await (await begin(server, 'juliet')).find('success');
    const client = await connect(server, 'websocket');
    await client.features();
    client.send(
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='HT-SHA-256-NONE'><fast xmlns='urn:xmpp:fast:0'/></authenticate>",
    );
    expect((await client.next()).name).toBe('failure');
  });

  it('who says that a session is there, and it is not, waits as others do', async () => {
    const server = await start({ limits: { ...limits, login_queue: 0 } }, new ManualClock());
    await (await begin(server, 'juliet')).find('success');
    const client = await connect(server, 'websocket');
    await client.features();
    client.send(
      `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>${base64('\0romeo\0secret')}</initial-response>` +
        "<resume xmlns='urn:xmpp:sm:3' previd='none' h='0'/></authenticate>",
    );
    expect(conditions(await client.next()).ours?.name).toBe('try-later');
  });
});
