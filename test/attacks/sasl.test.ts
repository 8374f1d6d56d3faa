/** RFC 6120 §6, RFC 4616, RFC 5802, RFC 4505: logins that must not work, at the wire */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, bindRequest, connectRaw, NS_SASL, type RawClient, type RawTransport } from '../support/raw-client.ts';
import { scramFinal } from '../support/scram-client.ts';

const PLAIN_OF_ALICE = base64('\0alice\0secret');
const FIRST = 'n=alice,r=client-nonce';

let server: TestServer;
const lines: LogLine[] = [];
const clock = new ManualClock();
const open: RawClient[] = [];

beforeAll(async () => {
  server = await createTestServer({
    clock,
    log: quietLog(lines),
    config: {
      auth: { plain_without_tls: true, anonymous: true },
      limits: { failed_logins: 100_000, login_seconds: 20 },
    },
  });
  for (const name of ['alice', 'bob', 'locked']) await server.addUser(name, 'secret');
  await server.host.accounts.setDisabled('locked', true);
});
afterAll(() => server.stop());
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  lines.length = 0;
});

async function connect(transport: RawTransport): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  open.push(client);
  return client;
}

/** The conditions of the failures that were logged, each with its peer. */
function loggedFailures(): unknown[] {
  const failures = lines.filter(({ message }) => message === 'login failed').map(({ fields }) => fields);
  for (const failure of failures) expect(failure).toMatchObject({ peer: '127.0.0.1' });
  return failures.map((fields) => (fields as { condition?: string }).condition);
}

/** The server's first message of an exchange that has begun. */
async function challenged(client: RawClient, header = 'n,,', bare = FIRST): Promise<string> {
  client.auth('SCRAM-SHA-256', base64(`${header}${bare}`));
  return (await client.outcome()).challenge ?? '';
}

function final(serverFirst: string, more: { password?: string; nonce?: string; bare?: string } = {}): string {
  return base64(scramFinal({ hash: 'SHA-256', password: 'secret', bare: FIRST, serverFirst, ...more }).message);
}

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it.each([
    ['another user', 'bob@localhost'],
    ['another host', 'alice@example.org'],
    ['a full JID', 'alice@localhost/x'],
    ['no JID', '@'],
  ])('PLAIN of one user with the authorization identity of %s is refused', async (_, authzid) => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', base64(`${authzid}\0alice\0secret`));
    expect(await client.outcome()).toEqual({ failure: 'invalid-authzid' });
    expect(loggedFailures()).toEqual(['invalid-authzid']);
  });

  it('SCRAM of one user with the authorization identity of another is refused', async () => {
    const client = await connect(transport);
    await client.features();
    client.auth('SCRAM-SHA-256', base64(`n,a=bob@localhost,${FIRST}`));
    expect(await client.outcome()).toEqual({ failure: 'invalid-authzid' });
  });

  it('a final message that another connection has used is of no use', async () => {
    const first = await connect(transport);
    await first.features();
    const recorded = final(await challenged(first));
    first.respond(recorded);
    expect(await first.outcome()).toHaveProperty('success');

    const second = await connect(transport);
    await second.features();
    expect(await challenged(second)).not.toBe('');
    second.respond(recorded);
    expect(await second.outcome()).toEqual({ failure: 'not-authorized' });
  });

  it('the nonce of one connection is refused on another, with a proof that fits', async () => {
    const first = await connect(transport);
    await first.features();
    const [, nonce = ''] = /^r=([^,]*)/.exec(await challenged(first)) ?? [];
    const second = await connect(transport);
    await second.features();
    const serverFirst = await challenged(second);
    second.respond(final(serverFirst, { nonce }));
    expect(await second.outcome()).toEqual({ failure: 'not-authorized' });
  });

  it('a nonce is good for a minute', async () => {
    // A server of its own: here the login may take longer.
    const patient = await createTestServer({ clock, config: { limits: { login_seconds: 300 } } });
    await patient.addUser('alice', 'secret');
    const client = await connectRaw(transport, patient);
    await client.features();
    const message = final(await challenged(client));
    clock.advance(61_000);
    client.respond(message);
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    client.respond(message);
    expect(await client.outcome()).toEqual({ failure: 'malformed-request' });
    client.destroy();
    await patient.stop();
  });

  it('a wrong password, an unknown and a disabled account look the same', async () => {
    const answers: unknown[] = [];
    for (const [name, password] of [
      ['alice', 'wrong'],
      ['nobody', 'secret'],
      ['locked', 'secret'],
    ]) {
      const client = await connect(transport);
      await client.features();
      client.auth('PLAIN', base64(`\0${name}\0${password}`));
      const plain = await client.next();
      const bare = `n=${name},r=abc`;
      const serverFirst = await challenged(client, 'n,,', bare);
      expect(serverFirst).toMatch(/^r=abc[^,]{24},s=[A-Za-z0-9+/]{22}==,i=10000,h=[^,]{44}$/);
      client.respond(final(serverFirst, { bare, password: password ?? '' }));
      answers.push([plain, await client.next()]);
    }
    expect(answers[0]).toMatchObject([{ name: 'failure', children: [{ name: 'not-authorized' }] }, {}]);
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[2]).toEqual(answers[0]);
  });

  it.each([
    ['no base64', 'not base64!'],
    ['base64 without its padding', PLAIN_OF_ALICE.replaceAll('=', '')],
    ['too much padding', `${PLAIN_OF_ALICE}====`],
    ['padding in the middle', `AG==${PLAIN_OF_ALICE}`],
    ['the alphabet of URLs', 'AGFsaWNlAHM_Pz8_'],
    ['white space inside', `${PLAIN_OF_ALICE.slice(0, 4)}\n${PLAIN_OF_ALICE.slice(4)}`],
    ['bits after the end', 'AGFsaWNlAHNlY3JldHN='],
  ])('%s is incorrect-encoding', async (_, data) => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', data);
    expect(await client.outcome()).toEqual({ failure: 'incorrect-encoding' });
    // The stream goes on (§6.4.5).
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.outcome()).toHaveProperty('success');
  });

  it('= is an initial response of no bytes; none at all asks for a challenge', async () => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', '=');
    expect(await client.outcome()).toEqual({ failure: 'malformed-request' });
    client.auth('PLAIN');
    expect(await client.outcome()).toEqual({ challenge: '' });
    client.respond(PLAIN_OF_ALICE);
    expect(await client.outcome()).toHaveProperty('success');
  });

  it.each([
    ['not UTF-8', Buffer.from([0, 0xff, 0, 0x61])],
    ['no password', '\0alice\0'],
    ['too many parts', '\0alice\0secret\0'],
    ['too few parts', 'alice\0secret'],
  ])('PLAIN with %s is malformed-request', async (_, message) => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', base64(message));
    expect(await client.outcome()).toEqual({ failure: 'malformed-request' });
  });

  it('an abort ends the attempt, and what comes to it afterwards is malformed-request', async () => {
    const client = await connect(transport);
    await client.features();
    const serverFirst = await challenged(client);
    client.send(`<abort xmlns='${NS_SASL}'/>`);
    expect(await client.outcome()).toEqual({ failure: 'aborted' });
    client.respond(final(serverFirst));
    expect(await client.outcome()).toEqual({ failure: 'malformed-request' });
    expect(loggedFailures()).toEqual(['aborted', 'malformed-request']);
  });

  it.each(['X-UNKNOWN', 'scram-sha-256', 'EXTERNAL', 'SCRAM-SHA-256-PLUS', ''])(
    'mechanism "%s", which is not offered here, is invalid-mechanism',
    async (mechanism) => {
      const client = await connect(transport);
      await client.features();
      client.auth(mechanism, PLAIN_OF_ALICE);
      expect(await client.outcome()).toEqual({ failure: 'invalid-mechanism' });
    },
  );

  it('PLAIN on a link without TLS is refused, however right the password is', async () => {
    const strict = await createTestServer({ clock });
    await strict.addUser('alice', 'secret');
    const client = await connectRaw(transport, strict);
    const features = await client.features();
    expect(JSON.stringify(features)).not.toContain('PLAIN');
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.outcome()).toEqual({ failure: 'encryption-required' });
    client.destroy();
    await strict.stop();
  });

  it('a response that is too big ends the stream with policy-violation', async () => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', base64('x'.repeat(16_384)));
    expect(await client.streamError()).toBe('policy-violation');
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ peer: '127.0.0.1', condition: 'policy-violation' }]);
  });

  it('the limit before login is lifted by the login, not before', async () => {
    const client = await connect(transport);
    await client.logIn('alice', 'secret');
    client.send(`<message xmlns='jabber:client' to='localhost'><body>${'x'.repeat(20_000)}</body></message>`);
    await client.ping();
  });

  it('a second login on the stream is a policy-violation', async () => {
    const client = await connect(transport);
    await client.features();
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.outcome()).toHaveProperty('success');
    await client.features();
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a login inside of a session ends it', async () => {
    const client = await connect(transport);
    await client.logIn('alice', 'secret');
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.streamError()).toBe('unsupported-stanza-type');
  });

  it.each([
    ['binding a resource', bindRequest('early')],
    ['a message', `<message xmlns='jabber:client' to='alice@localhost'><body>hi</body></message>`],
    ['presence', `<presence xmlns='jabber:client'/>`],
    ['a request', `<iq xmlns='jabber:client' type='get' id='1'><query xmlns='jabber:iq:roster'/></iq>`],
  ])('%s before the login ends the stream with not-authorized', async (_, stanza) => {
    const client = await connect(transport);
    await client.features();
    client.send(stanza);
    expect(await client.streamError()).toBe('not-authorized');
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ peer: '127.0.0.1', condition: 'not-authorized' }]);
  });

  it('what is sent along with the login, for the stream after it, has no effect', async () => {
    const client = await connect(transport);
    await client.features();
    const auth = `<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${PLAIN_OF_ALICE}</auth>`;
    if (transport === 'tcp') client.send(auth + bindRequest('impatient'));
    else for (const message of [auth, bindRequest('impatient')]) client.send(message);
    expect(await client.outcome()).toHaveProperty('success');
    // Over WebSocket it may be read before the login is done, or after it.
    expect(['not-authorized', 'invalid-namespace']).toContain(await client.streamError());
    expect(server.host.sessions.of(server.host.userJid('alice'))).toEqual([]);
  });

  it('the fifth failure ends the stream, and the connection', async () => {
    const client = await connect(transport);
    await client.features();
    for (let attempt = 1; attempt <= 5; attempt++) {
      client.auth('PLAIN', base64('\0alice\0wrong'));
      expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    }
    expect(await client.streamError()).toBe('policy-violation');
    expect(loggedFailures()).toHaveLength(5);
  });

  it('who does not log in in time is disconnected, however busy he is', async () => {
    const bystander = await connect(transport);
    await bystander.logIn('bob', 'secret');
    const idle = await connect(transport);
    const busy = await connect(transport);
    await busy.features();
    for (let failure = 0; failure < 3; failure++) {
      busy.auth('PLAIN', base64('\0alice\0wrong'));
      expect(await busy.outcome()).toEqual({ failure: 'not-authorized' });
    }
    const unbound = await connect(transport);
    await unbound.features();
    unbound.auth('PLAIN', PLAIN_OF_ALICE);
    await unbound.outcome();
    await unbound.features();
    clock.advance(19_000);
    busy.auth('PLAIN', base64('\0alice\0wrong'));
    expect(await busy.outcome()).toEqual({ failure: 'not-authorized' });
    clock.advance(4_000);
    for (const client of [idle, busy, unbound]) expect(await client.streamError()).toBe('connection-timeout');
    await bystander.ping();
  });

  it('too many failures from one address are not even looked at any more, until their time is over', async () => {
    const strict = await createTestServer({
      clock,
      config: {
        auth: { plain_without_tls: true },
        limits: { failed_logins: 2, failed_login_minutes: 1, login_seconds: 600 },
      },
    });
    await strict.addUser('alice', 'secret');
    const client = await connectRaw(transport, strict);
    await client.features();
    for (const failure of ['not-authorized', 'not-authorized']) {
      client.auth('PLAIN', base64('\0alice\0wrong'));
      expect(await client.outcome()).toEqual({ failure });
    }
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.outcome()).toEqual({ failure: 'temporary-auth-failure' });
    clock.advance(61_000);
    client.auth('PLAIN', PLAIN_OF_ALICE);
    expect(await client.outcome()).toHaveProperty('success');
    client.destroy();
    await strict.stop();
  });

  it('an anonymous account is gone with its connection, bound or not', async () => {
    const { accounts, sessions } = server.host;
    const bound = await connect(transport);
    await bound.features();
    bound.auth('ANONYMOUS');
    expect(await bound.outcome()).toHaveProperty('success');
    const username = (await bound.bind('x')).replace(/@.*/, '');
    expect(await accounts.exists(username)).toBe(true);
    bound.destroy();

    const unbound = await connect(transport);
    await unbound.features();
    unbound.auth('ANONYMOUS', '=');
    expect(await unbound.outcome()).toHaveProperty('success');
    unbound.open();
    const other = (await unbound.next()).attrs.to?.replace(/@.*/, '') ?? '';
    expect(await accounts.exists(other)).toBe(true);
    unbound.destroy();

    for (const name of [username, other]) {
      await expect.poll(() => accounts.exists(name), { interval: 5 }).toBe(false);
      expect(sessions.of(server.host.userJid(name))).toEqual([]);
    }
  });

  it('ANONYMOUS is off by default', async () => {
    const strict = await createTestServer({ clock });
    const client = await connectRaw(transport, strict);
    expect(JSON.stringify(await client.features())).not.toContain('ANONYMOUS');
    client.auth('ANONYMOUS');
    expect(await client.outcome()).toEqual({ failure: 'invalid-mechanism' });
    client.destroy();
    await strict.stop();
  });
});
