/** XEP-0484: logins by token, those that work and those that must not, at the wire */
import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { childNamed, elements, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, NS_SASL2, RawTcpClient } from '../support/raw-client.ts';

const DAY_MS = 86_400_000;
const PHONE = 'd4565fa7-4d72-4749-b3d3-740edbf87770';
const LAPTOP = '00000000-4d72-4749-b3d3-740edbf87770';
const NS_FAST = "xmlns='urn:xmpp:fast:0'";
const ADDRESS = { address: '127.0.0.1', port: 0 };

let server: TestServer;
let clock: ManualClock;
const lines: LogLine[] = [];
const open: RawTcpClient[] = [];

beforeAll(async () => {
  clock = new ManualClock();
  server = await createTestServer({
    clock,
    log: quietLog(lines),
    config: {
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'direct' },
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
      ],
      auth: { plain_without_tls: true, fast_token_days: 10 },
      limits: { failed_logins: 100_000, token_clients_per_account: 2 },
    },
  });
  await server.addUser('bob', 'secret');
});
beforeEach(() => server.addUser('alice', 'secret'));
afterAll(() => server.stop());
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
  await server.host.deleteAccount('alice').catch(() => {});
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  lines.length = 0;
});

async function connect(way: 'TLS' | 'no TLS' = 'TLS'): Promise<RawTcpClient> {
  const [direct, plain] = server.listeners;
  const client =
    way === 'TLS' ? await RawTcpClient.connectTls(direct?.port ?? 0) : await RawTcpClient.connect(plain?.port ?? 0);
  open.push(client);
  await client.features();
  return client;
}

/** What a login ends with: the token that came with success, or the condition of the failure. */
interface Ending {
  readonly token?: string | undefined;
  readonly expiry?: string | undefined;
  readonly data?: string | undefined;
  readonly failure?: string;
}

function ending(node: XmlNode): Ending {
  expect(node.ns).toBe(NS_SASL2);
  if (node.name === 'failure') return { failure: elements(node)[0]?.name ?? '' };
  expect(node.name).toBe('success');
  const data = childNamed(node, 'additional-data');
  const { token, expiry } = childNamed(node, 'token')?.attrs ?? {};
  return { token, expiry, data: data && textOf(data) };
}

const agentOf = (id: string) => `<user-agent id='${id}'/>`;

/** Logs in by password and asks for a token. */
async function requestToken(mechanism = 'HT-SHA-256-NONE', agent = PHONE, user = 'alice'): Promise<string> {
  const client = await connect();
  const request = `<request-token ${NS_FAST} mechanism='${mechanism}'/>`;
  client.authenticate('PLAIN', base64(`\0${user}\0secret`), `${agentOf(agent)}${request}`);
  return ending(await client.next()).token ?? '';
}

interface TokenLogin {
  readonly mechanism?: string;
  readonly user?: string;
  readonly agent?: string;
  /** Attributes of <fast/>. */
  readonly fast?: string;
  readonly more?: string;
  readonly client?: RawTcpClient;
}

async function logIn(token: string, login: TokenLogin = {}): Promise<Ending> {
  const { mechanism = 'HT-SHA-256-NONE', user = 'alice', agent = PHONE, fast = '', more = '' } = login;
  const client = login.client ?? (await connect());
  const proof = createHmac('sha256', token).update('Initiator').update(bindingOf(client, mechanism)).digest();
  const message = base64(Buffer.concat([Buffer.from(`${user}\0`), proof]));
  client.authenticate(mechanism, message, `${agentOf(agent)}<fast ${NS_FAST} ${fast}/>${more}`);
  return ending(await client.next());
}

function bindingOf(client: RawTcpClient, mechanism: string): Uint8Array {
  return mechanism.endsWith('EXPR')
    ? client.tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
    : new Uint8Array();
}

describe('a token', () => {
  it.each(['HT-SHA-256-NONE', 'HT-SHA-256-EXPR'])(
    'of %s logs in, and the server proves it has it too',
    async (mechanism) => {
      const token = await requestToken(mechanism);
      const client = await connect();
      const responder = createHmac('sha256', token).update('Responder').update(bindingOf(client, mechanism));
      expect(await logIn(token, { mechanism, client })).toEqual({ data: responder.digest('base64') });
    },
  );

  it('is good for more than one login', async () => {
    const token = await requestToken();
    expect(await logIn(token)).not.toHaveProperty('failure');
    expect(await logIn(token)).not.toHaveProperty('failure');
  });

  it('binds a resource in the same round trip', async () => {
    const token = await requestToken();
    await logIn(token, { more: "<bind xmlns='urn:xmpp:bind:0'/>" });
    expect(server.host.sessions.of(server.host.userJid('alice'))).toHaveLength(1);
  });

  it.each([
    ['of another client', { agent: LAPTOP }],
    ['of another account', { user: 'bob' }],
    ['of no account', { user: 'nobody' }],
    ['for another mechanism', { mechanism: 'HT-SHA-256-EXPR' }],
  ])('%s is refused', async (_, login) => {
    await requestToken('HT-SHA-256-NONE', PHONE, 'bob');
    expect(await logIn(await requestToken(), login)).toEqual({ failure: 'not-authorized' });
  });

  it('for a bound channel is refused without it', async () => {
    const token = await requestToken('HT-SHA-256-EXPR');
    expect(await logIn(token, { mechanism: 'HT-SHA-256-NONE' })).toEqual({ failure: 'not-authorized' });
  });

  it('for a bound channel is refused with the proof made for another', async () => {
    const token = await requestToken('HT-SHA-256-EXPR');
    const other = await connect();
    const mechanism = 'HT-SHA-256-EXPR';
    const proof = createHmac('sha256', token).update('Initiator').update(bindingOf(other, mechanism)).digest();
    const client = await connect();
    const message = base64(Buffer.concat([Buffer.from('alice\0'), proof]));
    client.authenticate(mechanism, message, `${agentOf(PHONE)}<fast ${NS_FAST}/>`);
    expect(ending(await client.next())).toEqual({ failure: 'not-authorized' });
  });

  it('that is guessed is refused', async () => {
    await requestToken();
    expect(await logIn('guess')).toEqual({ failure: 'not-authorized' });
  });

  it('has expired after its days', async () => {
    const token = await requestToken();
    clock.advance(10 * DAY_MS - 1_000);
    expect(await logIn(token)).not.toHaveProperty('failure');
    clock.advance(1_000);
    expect(await logIn(token)).toEqual({ failure: 'credentials-expired' });
  });

  it('is told with the time it expires', async () => {
    const client = await connect();
    const request = `<request-token ${NS_FAST} mechanism='HT-SHA-256-NONE'/>`;
    client.authenticate('PLAIN', base64('\0alice\0secret'), `${agentOf(PHONE)}${request}`);
    expect(ending(await client.next()).expiry).toBe(new Date(clock.now() + 10 * DAY_MS).toISOString());
  });

  it.each([
    ['a new password', () => server.host.accounts.setPassword('alice', 'secret')],
    [
      'disabling the account, also when it is enabled again',
      async () => {
        await server.host.accounts.setDisabled('alice', true);
        await server.host.accounts.setDisabled('alice', false);
      },
    ],
    [
      'deleting the account, also for the next of that name',
      async () => {
        await server.host.deleteAccount('alice');
        await server.addUser('alice', 'secret');
      },
    ],
  ])('ends with %s', async (_, end) => {
    const token = await requestToken();
    await end();
    expect(await logIn(token)).toEqual({ failure: 'not-authorized' });
  });

  it('is not given to who proved a password that has changed since', async () => {
    const client = await connect();
    client.authenticate('PLAIN', undefined, `${agentOf(PHONE)}<request-token ${NS_FAST} mechanism='HT-SHA-256-NONE'/>`);
    expect((await client.next()).name).toBe('challenge');
    await server.host.accounts.setPassword('alice', 'secret');
    client.respond2(base64('\0alice\0secret'));
    expect(ending(await client.next())).toEqual({});
  });

  it('of the client that had its own longest ago goes when there are too many', async () => {
    const ids = [1, 2, 3].map((digit) => `${digit}${PHONE.slice(1)}`);
    const tokens: string[] = [];
    for (const id of ids) {
      clock.advance(1_000);
      tokens.push(await requestToken('HT-SHA-256-NONE', id));
    }
    const endings = [];
    for (const [i, agent] of ids.entries()) endings.push((await logIn(tokens[i] ?? '', { agent })).failure);
    expect(endings).toEqual(['not-authorized', undefined, undefined]);
  });
});

describe('the count of uses', () => {
  it('has to grow', async () => {
    const token = await requestToken();
    expect(await logIn(token, { fast: "count='5'" })).not.toHaveProperty('failure');
    expect(await logIn(token, { fast: "count='5'" })).toEqual({ failure: 'not-authorized' });
    expect(await logIn(token, { fast: "count='4'" })).toEqual({ failure: 'not-authorized' });
    expect(await logIn(token, { fast: "count='6'" })).not.toHaveProperty('failure');
  });

  it('of two logins at the same time lets one in', async () => {
    const token = await requestToken();
    const clients = [await connect(), await connect()];
    const endings = await Promise.all(clients.map((client) => logIn(token, { client, fast: "count='1'" })));
    expect(endings.map(({ failure }) => failure).sort()).toEqual(['not-authorized', undefined]);
  });

  it.each(['0', '-1', '1.5', '01', 'x', '', '2147483648', '99999999999'])('is not "%s"', async (count) => {
    expect(await logIn(await requestToken(), { fast: `count='${count}'` })).toEqual({ failure: 'malformed-request' });
  });
});

describe('a new token', () => {
  it('leaves the old one good until it is used', async () => {
    const old = await requestToken();
    await logIn(old);
    const next = await requestToken();
    expect(await logIn(old)).not.toHaveProperty('failure');
    expect(await logIn(next)).not.toHaveProperty('failure');
    expect(await logIn(old)).toEqual({ failure: 'not-authorized' });
    expect(await logIn(next)).not.toHaveProperty('failure');
  });

  it('takes the place of one that was never used', async () => {
    const lost = await requestToken();
    const next = await requestToken();
    expect(await logIn(lost)).toEqual({ failure: 'not-authorized' });
    expect(await logIn(next)).not.toHaveProperty('failure');
  });

  it('comes with a login once the old one is a day old', async () => {
    const old = await requestToken();
    clock.advance(DAY_MS - 1_000);
    expect((await logIn(old)).token).toBeUndefined();
    clock.advance(1_000);
    const { token = '' } = await logIn(old);
    expect(token).not.toBe('');
    expect(await logIn(token)).not.toHaveProperty('failure');
    expect(await logIn(old)).toEqual({ failure: 'not-authorized' });
  });

  it('is not given for a mechanism that is not offered', async () => {
    expect(await requestToken('HT-SHA-256-UNIQ')).toBe('');
    expect(await requestToken('PLAIN')).toBe('');
  });

  it('is not given to a client without an id', async () => {
    const client = await connect();
    const request = `<request-token ${NS_FAST} mechanism='HT-SHA-256-NONE'/>`;
    client.authenticate('PLAIN', base64('\0alice\0secret'), request);
    expect(ending(await client.next())).toEqual({});
  });

  it('is not given by a login that fails', async () => {
    const client = await connect();
    const request = `<request-token ${NS_FAST} mechanism='HT-SHA-256-NONE'/>`;
    client.authenticate('PLAIN', base64('\0alice\0wrong'), `${agentOf(PHONE)}${request}`);
    expect(ending(await client.next())).toEqual({ failure: 'not-authorized' });
  });
});

describe('a client that invalidates its token', () => {
  it('is logged in, gets no other, and the token is void', async () => {
    const token = await requestToken();
    clock.advance(DAY_MS);
    expect(await logIn(token, { fast: "invalidate='true'" })).toEqual({ data: expect.any(String) });
    expect(await logIn(token)).toEqual({ failure: 'not-authorized' });
  });

  it('gets another if it asks', async () => {
    const old = await requestToken();
    const more = `<request-token ${NS_FAST} mechanism='HT-SHA-256-NONE'/>`;
    const { token = '' } = await logIn(old, { fast: "invalidate='1'", more });
    expect(await logIn(old)).toEqual({ failure: 'not-authorized' });
    expect(await logIn(token)).not.toHaveProperty('failure');
  });
});

describe('the protocol', () => {
  it('takes no token without <fast/>, and no other mechanism with it', async () => {
    const token = await requestToken();
    const proof = createHmac('sha256', token).update('Initiator').digest();
    const first = await connect();
    first.authenticate('HT-SHA-256-NONE', base64(Buffer.concat([Buffer.from('alice\0'), proof])), agentOf(PHONE));
    expect(ending(await first.next())).toEqual({ failure: 'invalid-mechanism' });
    first.authenticate('PLAIN', base64('\0alice\0secret'), `${agentOf(PHONE)}<fast ${NS_FAST}/>`);
    expect(ending(await first.next())).toEqual({ failure: 'invalid-mechanism' });
  });

  it('takes no token in the profile of RFC 6120', async () => {
    const token = await requestToken();
    const proof = createHmac('sha256', token).update('Initiator').digest();
    const client = await connect();
    client.auth('HT-SHA-256-NONE', base64(Buffer.concat([Buffer.from('alice\0'), proof])));
    expect(await client.outcome()).toEqual({ failure: 'invalid-mechanism' });
  });

  it.each([
    ['no zero', 'alice'],
    ['no username', `\0${'x'.repeat(32)}`],
    ['a proof that is too short', `alice\0${'x'.repeat(31)}`],
    ['a proof that is too long', `alice\0${'x'.repeat(33)}`],
  ])('refuses a message with %s', async (_, message) => {
    const client = await connect();
    client.authenticate('HT-SHA-256-NONE', base64(message), `${agentOf(PHONE)}<fast ${NS_FAST}/>`);
    expect(ending(await client.next())).toEqual({ failure: 'malformed-request' });
  });

  it('needs the id of the client', async () => {
    const client = await connect();
    client.authenticate('HT-SHA-256-NONE', base64(`alice\0${'x'.repeat(32)}`), `<fast ${NS_FAST}/>`);
    expect(ending(await client.next())).toEqual({ failure: 'malformed-request' });
  });

  it('offers what the link can be bound to, and nothing without TLS', async () => {
    const names = (features: XmlNode) => {
      const authentication = childNamed(features, 'authentication') as XmlNode;
      const fast = childNamed(childNamed(authentication, 'inline') as XmlNode, 'fast');
      return fast && elements(fast).map(textOf);
    };
    const [direct, plain] = server.listeners;
    const secure = await RawTcpClient.connectTls(direct?.port ?? 0);
    const open12 = await RawTcpClient.connectTls(direct?.port ?? 0, { maxVersion: 'TLSv1.2' });
    const clear = await RawTcpClient.connect(plain?.port ?? 0);
    open.push(secure, open12, clear);
    expect(names(await secure.features())).toEqual(['HT-SHA-256-EXPR', 'HT-SHA-256-ENDP', 'HT-SHA-256-NONE']);
    expect(names(await open12.features())).toEqual(['HT-SHA-256-ENDP', 'HT-SHA-256-NONE']);
    expect(names(await clear.features())).toBeUndefined();
  });

  it('refuses a token that is right on a link without TLS', async () => {
    const token = await requestToken();
    expect(await logIn(token, { client: await connect('no TLS') })).toEqual({ failure: 'encryption-required' });
  });

  it('counts tokens that are wrong as failed logins', async () => {
    const strict = await createTestServer({
      config: {
        listeners: [{ transport: 'tcp', ...ADDRESS, tls: 'direct' }],
        limits: { failed_logins: 1 },
      },
    });
    await strict.addUser('alice', 'secret');
    const client = await RawTcpClient.connectTls(strict.port('tcp'));
    await client.features();
    expect(await logIn('guess', { client })).toEqual({ failure: 'not-authorized' });
    expect(await logIn('guess', { client })).toEqual({ failure: 'temporary-auth-failure' });
    client.destroy();
    await strict.stop();
  });
});
