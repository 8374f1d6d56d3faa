/** RFC 6120, RFC 7395: whole streams that are nearly right, against a server with somebody else on it */
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { STREAM_CONDITIONS } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { elements, type XmlNode } from '../scenarios/runner/xml.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, bindRequest, connectRaw, type RawClient, type RawTcpClient } from '../support/raw-client.ts';

const RUNS = 200;
const FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

let server: TestServer;
let bystander: RawClient;
const lines: LogLine[] = [];

beforeAll(async () => {
  server = await createTestServer({
    clock: new ManualClock(),
    log: quietLog(lines),
    config: {
      auth: { plain_without_tls: true, anonymous: true },
      limits: { failed_logins: 100_000, sessions_per_account: 10_000 },
    },
  });
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
  bystander = await connectRaw('tcp', server);
  await bystander.logIn('bob', 'secret', 'bystander');
  bystander.send('<presence/>');
  await bystander.ping();
});
afterAll(() => server.stop());
afterEach(() => expect(lines.filter(({ level }) => level === 'error')).toEqual([]));

const of = (...texts: string[]) => fc.constantFrom(...texts);
const text = fc.oneof(
  of('', 'secret', '\0alice\0secret', '\0bob\0secret', 'bob@localhost\0alice\0secret'),
  fc.string(),
);
const encoded = fc.oneof(
  text.map(base64),
  of('', '=', 'n', 'A===', base64('n,,n=alice,r=x'), base64('y,a=bob,n=alice,r=')),
);
const address = of(
  '',
  'localhost',
  'alice@localhost',
  'bob@localhost',
  'bob@localhost/bystander',
  'example.org',
  '@',
  'a@b@c',
);
const id = of('', 'x', 'bind', '&apos;', '\u{1f600}');
const header = fc
  .record({ to: address, version: of('1.0', '1.0', '0.9', '', '1'), lang: of('en', '', 'x'.repeat(50)), from: address })
  .map(({ to, version, lang, from }) => `to='${to}' version='${version}' xml:lang='${lang}' from='${from}'`);
const streamHeader = fc
  .tuple(header, of('jabber:client', 'jabber:client', 'jabber:server', ''), of('stream', 'stream', 'steam'))
  .map(
    ([attrs, ns, name]) => `<stream:${name} ${attrs} xmlns='${ns}' xmlns:stream='http://etherx.jabber.org/streams'>`,
  );

const mechanism = of('PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512-PLUS', 'EXTERNAL', 'ANONYMOUS', '', 'X');
const sasl = fc
  .tuple(of('auth', 'response', 'abort', 'success', 'failure', 'challenge'), mechanism, encoded)
  .map(([name, use, data]) => `<${name} xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='${use}'>${data}</${name}>`);

const PAYLOADS = [
  `<query xmlns='jabber:iq:roster'/>`,
  `<query xmlns='jabber:iq:roster'><item jid='bob@localhost'/></query>`,
  `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`,
  `<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>`,
  `<query xmlns='http://jabber.org/protocol/disco#info'/>`,
  `<query xmlns='jabber:iq:register'><username>alice</username></query>`,
  `<vCard xmlns='vcard-temp'/>`,
  `<query xmlns='jabber:iq:private'><a xmlns='b'/></query>`,
  `<ping xmlns='urn:xmpp:ping'/>`,
  `<error type='cancel'/>`,
  '<body>hello</body>',
  '',
];
const stanza = fc
  .record({
    name: of('message', 'presence', 'iq'),
    type: of('', 'get', 'set', 'result', 'error', 'chat', 'subscribe', 'subscribed', 'unavailable', 'probe', 'x'),
    to: address,
    from: of('', '', '', 'alice@localhost', 'bob@localhost'),
    id,
    payloads: fc.array(of(...PAYLOADS), { maxLength: 2 }),
  })
  .map(({ name, type, to, from, id, payloads }) => {
    const given = Object.entries({ type, to, from, id }).filter(([, value]) => value !== '');
    const attrs = given.map(([key, value]) => ` ${key}='${value}'`).join('');
    return `<${name} xmlns='jabber:client'${attrs}>${payloads.join('')}</${name}>`;
  });
const nonza = of(
  `<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`,
  `<enable xmlns='urn:xmpp:sm:3' resume='true'/>`,
  `<r xmlns='urn:xmpp:sm:3'/>`,
  `<a xmlns='urn:xmpp:sm:3' h='7'/>`,
  `<resume xmlns='urn:xmpp:sm:3' h='0' previd='x'/>`,
  `<inactive xmlns='urn:xmpp:csi:0'/>`,
  `<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'><initial-response>AGFsaWNlAHNlY3JldA==</initial-response></authenticate>`,
  `<close xmlns='${FRAMING}'/>`,
);
const noise = fc.oneof(
  of('<', '>', '</', '&', '&#0;', "'", '"', '<!--', '<![CDATA[', ']]>', '<?xml version="1.0"?>', '<!DOCTYPE x>', ' \n'),
  of('</stream:stream>', '<a>', '</a>', "xmlns=''", "p:q='r'", '\0', '\ufffe'),
  fc.string({ maxLength: 10 }),
);

/** Some pieces of these deleted, or replaced by noise. */
function damaged(piece: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(piece, fc.nat(), fc.nat(15), noise).map(([whole, at, length, other]) => {
    const start = at % (whole.length + 1);
    return whole.slice(0, start) + other + whole.slice(start + length);
  });
}

const STAGES = ['connected', 'open', 'authenticated', 'bound'] as const;
const stage = fc.constantFrom(...STAGES);

async function reach(client: RawClient, wanted: (typeof STAGES)[number]): Promise<void> {
  if (wanted === 'connected') return;
  await client.features();
  if (wanted === 'open') return;
  client.auth('PLAIN', base64('\0alice\0secret'));
  await client.find('success');
  await client.features();
  if (wanted === 'authenticated') return;
  client.send(bindRequest('fuzz'));
  await client.find('iq');
}

/** Everything until the connection is gone. @throws Error when it is no XML */
async function rest(client: RawClient): Promise<XmlNode[]> {
  const nodes: XmlNode[] = [];
  const gone = client.closed.then(() => undefined);
  for (;;) {
    const node = await client.next().catch(async (error: Error) => {
      if (error.message !== 'the connection was closed') throw error;
      return gone;
    });
    if (node === undefined) return nodes;
    nodes.push(node);
  }
}

/** A stream error has a condition of the RFC that is not our fault, and nothing but the end of the stream comes after it. */
function expectRightEnd(nodes: readonly XmlNode[]): void {
  const at = nodes.findIndex(({ name, ns }) => name === 'error' && ns === 'http://etherx.jabber.org/streams');
  if (at >= 0) {
    const condition = elements(nodes[at] as XmlNode)[0]?.name;
    expect(STREAM_CONDITIONS).toContain(condition);
    expect(condition).not.toBe('internal-server-error');
    expect(nodes.slice(at + 1).map(({ name }) => name)).toEqual(['end']);
  }
  const end = nodes.findIndex(({ name }) => name === 'end');
  if (end >= 0) expect(end).toBe(nodes.length - 1);
}

/** Bob still has his session, and got nothing but what Alice may send him. */
async function expectUntouched(): Promise<void> {
  for (const { name, attrs } of await bystander.ping()) {
    expect(['message', 'presence', 'iq']).toContain(name);
    expect(attrs.from).toMatch(/^(alice@localhost(\/.*)?|bob@localhost|[\w-]+@localhost\/.*)$/);
  }
}

describe('over tcp', () => {
  const piece = fc.oneof(sasl, stanza, stanza, nonza, streamHeader);

  async function send(client: RawTcpClient, bytes: Buffer, cuts: readonly number[]): Promise<void> {
    const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
    for (let n = 1; n < places.length; n++) await client.sent(bytes.subarray(places[n - 1], places[n]));
  }

  it('a stream of right and wrong pieces, cut anywhere, ends as it should, and is nobody else’s matter', async () => {
    const dialogue = fc.array(
      fc.oneof({ weight: 3, arbitrary: piece }, { weight: 1, arbitrary: damaged(piece) }, noise),
      {
        maxLength: 6,
      },
    );
    await fc.assert(
      fc.asyncProperty(stage, dialogue, fc.array(fc.nat(), { maxLength: 6 }), async (from, pieces, cuts) => {
        const client = (await connectRaw('tcp', server)) as RawTcpClient;
        await reach(client, from);
        await send(client, Buffer.from(`${pieces.join('')}</stream:stream>`), cuts);
        client.socket.end();
        expectRightEnd(await rest(client));
        await expectUntouched();
      }),
      { numRuns: RUNS },
    );
  });

  it('a right dialogue works wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(), { maxLength: 30 }), async (cuts) => {
        const client = (await connectRaw('tcp', server)) as RawTcpClient;
        const open = `<?xml version='1.0'?><stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
        await send(client, Buffer.from(open), cuts);
        await client.find('features');
        const data = base64('\0alice\0secret');
        const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${data}</auth>`;
        await send(client, Buffer.from(auth), cuts);
        await client.find('success');
        await send(client, Buffer.from(open + bindRequest('日本')), cuts);
        await client.find('iq');
        expect(await client.ping()).toEqual([]);
        await send(client, Buffer.from('</stream:stream>'), cuts);
        expect((await rest(client)).map(({ name }) => name)).toEqual(['end']);
      }),
      { numRuns: RUNS / 4 },
    );
  });
});

describe('over websocket', () => {
  it('messages right and wrong are answered or end the stream as they should, and are nobody else’s matter', async () => {
    const opening = header.map((attrs) => `<open xmlns='${FRAMING}' ${attrs}/>`);
    const piece = fc.oneof(sasl, stanza, stanza, nonza, opening);
    const message = fc.oneof({ weight: 4, arbitrary: piece }, { weight: 1, arbitrary: damaged(piece) }, noise);
    await fc.assert(
      fc.asyncProperty(stage, fc.array(message, { maxLength: 6 }), async (from, messages) => {
        const client = await connectRaw('websocket', server);
        await reach(client, from);
        for (const each of messages) client.send(each);
        // Whatever came before: this is answered in kind, unless a stream error came first.
        client.send(`<close xmlns='${FRAMING}'/>`);
        const nodes = await rest(client);
        expectRightEnd(nodes);
        expect(nodes.at(-1)?.name).toBe('end');
        await expectUntouched();
      }),
      { numRuns: RUNS },
    );
  });
});
