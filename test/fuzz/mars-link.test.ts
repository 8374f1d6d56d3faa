/** Frames that are nearly right, over a real socket, against a server with somebody else on it */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BodyInit, Command, encodeBody, encodeFrame } from '#protocol/mars';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { MarsClient } from '../support/mars-client.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';

const RUNS = 100;

let server: TestServer;
let bystander: MarsClient;
const lines: LogLine[] = [];

beforeAll(async () => {
  server = await createTestServer({
    log: quietLog(lines),
    config: {
      listeners: [{ transport: 'tcp-mars', port: 0, encryption: 'optional', requests_per_second: 100_000 }],
      auth: { plain_without_tls: true, md5_challenge: 'any' },
      limits: { failed_logins: 100_000, sessions_per_account: 10_000 },
    },
  });
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
  bystander = await MarsClient.tcp(server.port('tcp-mars'));
  await bystander.comeOnline('bob', { mechanism: 'PLAIN' });
});
afterAll(() => server.stop());
afterEach(async () => {
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  bystander.noop();
  await bystander.next(({ cmdid }) => cmdid === Command.noop);
});

const of = <T>(...values: T[]) => fc.constantFrom(...values);
const text = fc.oneof(
  of('', 'x', 'bob@localhost', 'bob@localhost/game', 'localhost', 'a@b@c', 'get', 'set', 'chat', 'result'),
  fc.string({ maxLength: 20 }),
);
const xml = of(
  '',
  '<x',
  '<x/>',
  "<query xmlns='jabber:iq:roster'/>",
  "<ping xmlns='urn:xmpp:ping'/>",
  "<body xmlns='jabber:client'>a</body>",
  '<a><b><c/></b></a>',
);
const extension = fc.record({
  ns: of('', 'urn:example', 'urn:xmpp:ping', 'jabber:client'),
  name: of('', 'x', 'ping', 'error', 'a b'),
  xml,
});
const bytes = fc.uint8Array({ maxLength: 40 });
const item = fc.record({ jid: text, name: text, groups: fc.array(text, { maxLength: 3 }), subscription: text });

const payload = fc.oneof(
  fc.record({ case: of('hello'), value: fc.record({ protoVersion: of(0, 1, 1, 1, 2), client: text, deviceId: text }) }),
  fc.record({
    case: of('auth'),
    value: fc.record({
      mechanism: of('', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'MD5-CHALLENGE', 'TOKEN', 'ROUTER'),
      data: fc.oneof(bytes, of(Buffer.from('\0alice\0secret'), Buffer.from('n,,n=alice,r=x'))),
      resource: text,
      wantSession: fc.boolean(),
    }),
  }),
  fc.record({ case: of('resume'), value: fc.record({ sessionId: text, resumeToken: text, protoVersion: of(0, 1) }) }),
  fc.record({
    case: of('message'),
    value: fc.record({
      body: text,
      subject: text,
      thread: text,
      chatState: fc.nat(7),
      receipt: fc.nat(3),
      receiptId: text,
      app: bytes,
    }),
  }),
  fc.record({ case: of('ack'), value: fc.record({ receipt: fc.nat(3), ids: fc.array(text, { maxLength: 3 }) }) }),
  fc.record({
    case: of('presence'),
    value: fc.record({
      show: fc.nat(7),
      status: text,
      priority: fc.integer({ min: -200, max: 200 }),
      caps: fc.record({ node: text, ver: text, hash: text }),
    }),
  }),
  fc.record({ case: of('iq'), value: fc.record({ payload: extension }) }),
  fc.record({ case: of('roster'), value: fc.record({ ver: text, items: fc.array(item, { maxLength: 2 }) }) }),
  fc.record({
    case: of('history'),
    value: fc.record({ with: text, after: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), limit: fc.nat(200) }),
  }),
  fc.record({
    case: of('registration'),
    value: fc.record({ username: text, password: text, fields: fc.dictionary(text, text, { maxKeys: 2 }) }),
  }),
  fc.record({ case: of('newPassword'), value: fc.record({ oldPassword: text, newPassword: of('') }) }),
  fc.record({ case: of('profile'), value: fc.record({ nickname: text, photo: bytes, photoType: text }) }),
);

const body = fc.record(
  {
    ...{ id: text, to: text, type: text, lang: text, originId: text, noReply: fc.boolean() },
    ...{
      smAck: fc.nat(3),
      ext: fc.array(extension, { maxLength: 2 }),
      headers: fc.dictionary(text, text, { maxKeys: 2 }),
    },
    error: fc.record({ type: text, condition: of('', 'gone', 'odd') }),
    noise: bytes,
    payload,
  },
  { requiredKeys: ['payload'] },
);

/** Not the one that deletes the account. */
const commands = Object.values(Command).filter((id) => id !== Command.deleteAccount);
const cmdid = fc.oneof(fc.constantFrom(...commands), of(0, 4711));
const frame = fc.record({
  cmdid,
  seq: of(0, 1, 2, 3, 0xffff_fffe, 0xffff_ffff),
  body: fc.oneof({ arbitrary: body, weight: 9 }, bytes),
});

function bytesOf(given: { cmdid: number; seq: number; body: unknown }): Uint8Array {
  const inner = given.body instanceof Uint8Array ? given.body : encodeBody(given.body as BodyInit);
  return encodeFrame(200, given.cmdid, given.seq, inner);
}

/** Sends the bytes; resolves when the server has worked them off, or has closed the connection. */
async function survive(client: MarsClient, sent: Uint8Array): Promise<void> {
  client.raw(sent);
  client.noop(77);
  await Promise.race([client.next(({ seq }) => seq === 77), client.closed]).catch(() => {});
  client.destroy();
}

describe('the server survives', () => {
  const port = () => server.port('tcp-mars');

  it('bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (sent) => survive(await MarsClient.tcp(port()), sent)),
      { numRuns: RUNS },
    );
  });

  it('frames before login', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 5 }), async (frames) =>
        survive(await MarsClient.tcp(port()), Buffer.concat(frames.map(bytesOf))),
      ),
      { numRuns: RUNS },
    );
  });

  it('frames of a session, each of which is answered once at most', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (frames) => {
        const client = await MarsClient.tcp(port());
        await client.logIn('alice', 'secret', { mechanism: 'PLAIN', resource: '', wantSession: true });
        await survive(client, Buffer.concat(frames.map((one, at) => bytesOf({ ...one, seq: at + 1000 }))));
        const answered = client
          .take()
          .map(({ seq }) => seq)
          .filter((seq) => seq >= 1000);
        expect(new Set(answered).size).toBe(answered.length);
      }),
      { numRuns: RUNS },
    );
  });
});
