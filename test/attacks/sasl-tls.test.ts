/** RFC 5802 §6, RFC 5929, RFC 9266, XEP-0440, XEP-0178: logins that are bound to TLS, at the wire */
import { createHash, type X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { type Authority, createAuthority } from '../support/client-certificates.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, NS_SASL, type RawClient, RawTcpClient, RawWebSocketClient, STARTTLS } from '../support/raw-client.ts';
import { scramFinal } from '../support/scram-client.ts';

const BARE = 'n=alice,r=client-nonce';
const DAY_MS = 86_400_000;

const dir = mkdtempSync(join(tmpdir(), 'tharsis-tls-'));
const lines: LogLine[] = [];
const open: RawClient[] = [];
let authority: Authority;
let server: TestServer;

beforeAll(async () => {
  authority = await createAuthority('Test Authority');
  const clientCa = join(dir, 'ca.pem');
  writeFileSync(clientCa, authority.certificate);
  server = await createTestServer({
    log: quietLog(lines),
    config: {
      auth: { client_ca: clientCa },
      limits: { failed_logins: 100_000 },
      listeners: [
        { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'required' },
        { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'direct' },
        { transport: 'websocket', port: 0, address: '127.0.0.1', tls: 'direct' },
      ],
    },
  });
  for (const name of ['alice', 'bob', 'locked']) await server.addUser(name, 'secret');
  await server.host.accounts.setDisabled('locked', true);
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  lines.length = 0;
});

type Way = 'STARTTLS' | 'direct TLS' | 'WebSocket';

type TlsClient = RawTcpClient | RawWebSocketClient;

async function dial(way: Way, options: ConnectionOptions): Promise<TlsClient> {
  const [plain = 0, direct = 0, secureWebSocket = 0] = server.listeners.map(({ port }) => port);
  if (way === 'direct TLS') return RawTcpClient.connectTls(direct, options);
  if (way === 'WebSocket') return RawWebSocketClient.connectTls(secureWebSocket, options);
  const client = await RawTcpClient.connect(plain);
  await client.startTls(options);
  return client;
}

/** A client on TLS with its stream open; the mechanisms that were offered. */
async function connect(way: Way, options: ConnectionOptions = {}) {
  const client = await dial(way, options);
  open.push(client);
  const offered = JSON.stringify(await client.features());
  return { client, offered };
}

function exporter(client: TlsClient): Buffer {
  return client.tls.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}

/** The certificate of the server is signed with SHA-256. */
function endPoint(client: TlsClient): Buffer {
  const certificate = client.tls.getPeerX509Certificate() as X509Certificate;
  return createHash('sha256').update(certificate.raw).digest();
}

interface Attempt {
  readonly mechanism?: string;
  readonly header: string;
  readonly bindingData?: Uint8Array;
}

/** The outcome of one SCRAM attempt as alice with her password. */
async function attempt(client: TlsClient, { mechanism, header, bindingData }: Attempt) {
  client.auth(mechanism ?? 'SCRAM-SHA-256-PLUS', base64(header + BARE));
  const { challenge: serverFirst, failure } = await client.outcome();
  if (serverFirst === undefined) return { failure };
  const { message, verifier } = scramFinal({
    ...{ hash: 'SHA-256', password: 'secret', bare: BARE, serverFirst, gs2Header: header },
    ...(bindingData !== undefined && { bindingData }),
  });
  client.respond(base64(message));
  const outcome = await client.outcome();
  if (outcome.success !== undefined) expect(outcome.success).toBe(verifier);
  return outcome;
}

describe.each<Way>(['STARTTLS', 'direct TLS', 'WebSocket'])('over %s', (way) => {
  it('a login bound by tls-exporter or tls-server-end-point works', async () => {
    const first = await connect(way);
    expect(first.offered).toContain('SCRAM-SHA-512-PLUS');
    expect(first.offered).toMatch(/tls-exporter.*tls-server-end-point/);
    const byExporter = { header: 'p=tls-exporter,,', bindingData: exporter(first.client) };
    expect(await attempt(first.client, byExporter)).toHaveProperty('success');
    expect(await first.client.bind('bound')).toBe('alice@localhost/bound');
    const { client } = await connect(way);
    const byEndPoint = { header: 'p=tls-server-end-point,,', bindingData: endPoint(client) };
    expect(await attempt(client, byEndPoint)).toHaveProperty('success');
  });

  it('on TLS 1.2 only tls-server-end-point is offered and taken', async () => {
    const { client, offered } = await connect(way, { maxVersion: 'TLSv1.2' });
    expect(offered).not.toContain('tls-exporter');
    const byExporter = { header: 'p=tls-exporter,,', bindingData: exporter(client) };
    expect(await attempt(client, byExporter)).toEqual({ failure: 'not-authorized' });
    const byEndPoint = { header: 'p=tls-server-end-point,,', bindingData: endPoint(client) };
    expect(await attempt(client, byEndPoint)).toHaveProperty('success');
  });

  it.each(['tls-exporter', 'tls-server-end-point'])(
    'a login bound by %s to another connection is refused',
    async (type) => {
      const { client } = await connect(way);
      const { client: other } = await connect(way);
      // Of a man in the middle with a certificate of his own.
      const bindingData = type === 'tls-exporter' ? exporter(other) : createHash('sha256').update('another').digest();
      expect(await attempt(client, { header: `p=${type},,`, bindingData })).toEqual({ failure: 'not-authorized' });
      expect(lines.filter(({ message }) => message === 'login failed')).toMatchObject([
        { fields: { peer: '127.0.0.1', condition: 'not-authorized', mechanism: 'SCRAM-SHA-256-PLUS' } },
      ]);
    },
  );

  it('the data of one binding type is refused under the name of the other', async () => {
    const { client } = await connect(way);
    const swapped = { header: 'p=tls-server-end-point,,', bindingData: exporter(client) };
    expect(await attempt(client, swapped)).toEqual({ failure: 'not-authorized' });
  });

  it.each(['p=tls-unique-for-telnet,,', 'p=x,,'])('the unknown binding type of %s is refused', async (header) => {
    const { client } = await connect(way);
    const outcome = await attempt(client, { header, bindingData: exporter(client) });
    expect(outcome).toEqual({ failure: 'not-authorized' });
  });

  it('a client that says it can bind, but was offered nothing to bind to, was lied to: the login is refused', async () => {
    const { client } = await connect(way);
    const downgraded = { mechanism: 'SCRAM-SHA-256', header: 'y,,' };
    expect(await attempt(client, downgraded)).toEqual({ failure: 'not-authorized' });
    expect(await attempt(client, { ...downgraded, header: 'n,,' })).toHaveProperty('success');
  });

  it.each([
    ['a bound mechanism without binding', 'SCRAM-SHA-256-PLUS', 'n,,'],
    ['an unbound mechanism with binding', 'SCRAM-SHA-256', 'p=tls-exporter,,'],
  ])('%s is refused', async (_, mechanism, header) => {
    const { client } = await connect(way);
    const bindingData = header.startsWith('p') ? exporter(client) : new Uint8Array();
    expect(await attempt(client, { mechanism, header, bindingData })).toEqual({ failure: 'not-authorized' });
  });

  it('PLAIN works under TLS, and its downgrade from a stronger offer is the client’s to refuse', async () => {
    const { client } = await connect(way);
    client.auth('PLAIN', base64('\0alice\0secret'));
    expect(await client.outcome()).toHaveProperty('success');
  });
});

describe.each<Way>(['STARTTLS', 'direct TLS'])('EXTERNAL over %s', (way) => {
  async function external(certificate: ConnectionOptions, authzid = '=') {
    const { client, offered } = await connect(way, certificate);
    client.auth('EXTERNAL', authzid);
    return { client, isOffered: offered.includes('EXTERNAL'), outcome: await client.outcome() };
  }

  it('lets in whom the certificate names', async () => {
    const { client, outcome, isOffered } = await external(await authority.issue(['alice@localhost']));
    expect(isOffered).toBe(true);
    expect(outcome).toHaveProperty('success');
    expect(await client.bind('x')).toBe('alice@localhost/x');
  });

  it('with several names lets in the one that is asked for, and nobody else', async () => {
    const certificate = await authority.issue(['alice@localhost', 'bob@localhost', 'carol@example.org']);
    expect((await external(certificate)).outcome).toEqual({ failure: 'invalid-authzid' });
    const { client, outcome } = await external(certificate, base64('bob@localhost'));
    expect(outcome).toHaveProperty('success');
    expect(await client.bind('x')).toBe('bob@localhost/x');
    const stranger = await external(certificate, base64('locked@localhost'));
    expect(stranger.outcome).toEqual({ failure: 'invalid-authzid' });
  });

  it('does not let in a disabled account or one that does not exist', async () => {
    for (const name of ['locked', 'nobody']) {
      const { outcome } = await external(await authority.issue([`${name}@localhost`]));
      expect(outcome).toEqual({ failure: 'not-authorized' });
    }
  });

  const refused: Record<string, () => Promise<ConnectionOptions>> = {
    'without a certificate': async () => ({}),
    'with a certificate without names': () => authority.issue([]),
    'with a name of another host': () => authority.issue(['alice@example.org']),
    'with an expired certificate': () =>
      authority.issue(['alice@localhost'], {
        from: new Date(Date.now() - 3 * DAY_MS),
        until: new Date(Date.now() - DAY_MS),
      }),
    'with a certificate of the future': () =>
      authority.issue(['alice@localhost'], {
        from: new Date(Date.now() + DAY_MS),
        until: new Date(Date.now() + 3 * DAY_MS),
      }),
    'with a certificate of another authority': async () =>
      (await createAuthority('Another Authority')).issue(['alice@localhost']),
    'with a certificate of another authority of the same name': async () =>
      (await createAuthority('Test Authority')).issue(['alice@localhost']),
  };
  it.each(Object.keys(refused))('is not offered %s, and other logins are', async (how) => {
    const { client, outcome, isOffered } = await external((await refused[how]?.()) ?? {});
    expect(isOffered).toBe(false);
    expect(outcome).toEqual({ failure: 'invalid-mechanism' });
    client.auth('PLAIN', base64('\0alice\0secret'));
    expect(await client.outcome()).toHaveProperty('success');
  });
});

describe('before STARTTLS', () => {
  async function connectPlain(): Promise<RawTcpClient> {
    const client = await RawTcpClient.connect(server.listeners[0]?.port ?? 0);
    open.push(client);
    return client;
  }

  it('only STARTTLS is offered, and a login is a policy-violation', async () => {
    const client = await connectPlain();
    expect(await client.features()).toMatchObject({
      children: [{ name: 'starttls', children: [{ name: 'required' }] }],
    });
    client.auth('PLAIN', base64('\0alice\0secret'));
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('what is injected after starttls is no part of the protected stream', async () => {
    const injected = [
      `<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${base64('\0bob\0secret')}</auth>`,
      `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
      '<!-- not even XML &that; is allowed',
    ];
    for (const more of injected) {
      const client = await connectPlain();
      await client.startTls({}, more);
      await client.features();
      client.auth('PLAIN', base64('\0alice\0secret'));
      expect(await client.outcome()).toHaveProperty('success');
      expect(await client.bind('x')).toBe('alice@localhost/x');
    }
  });

  it('starttls under TLS is a failure that ends the stream', async () => {
    const { client } = await connect('STARTTLS');
    client.send(STARTTLS);
    expect(await client.next()).toMatchObject({ name: 'failure' });
    expect(await client.next()).toMatchObject({ name: 'end' });
    await client.closed;
    expect(lines).toMatchObject([{ message: 'STARTTLS refused', fields: { peer: '127.0.0.1' } }]);
  });

  it('something else than TLS after proceed ends the connection, and nobody else’s', async () => {
    const { client: bystander } = await connect('direct TLS');
    const client = await connectPlain();
    await client.features();
    client.send(STARTTLS);
    expect(await client.next()).toMatchObject({ name: 'proceed' });
    client.send('<presence/>');
    await client.closed;
    expect(lines).toMatchObject([{ message: 'TLS failed', fields: { peer: '127.0.0.1' } }]);
    expect(await attempt(bystander, { mechanism: 'SCRAM-SHA-256', header: 'n,,' })).toHaveProperty('success');
  });

  it('something else than TLS on the port for direct TLS ends the connection', async () => {
    const client = await RawTcpClient.connect(server.listeners[1]?.port ?? 0);
    client.open();
    await client.closed;
    expect(lines).toMatchObject([{ message: 'TLS failed', fields: { peer: '127.0.0.1' } }]);
  });
});

describe('with STARTTLS as an option', () => {
  it('what waits behind a request from before TLS has no effect after starttls', async () => {
    const optional = await createTestServer({
      config: {
        auth: { plain_without_tls: true },
        listeners: [{ transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'optional' }],
      },
    });
    await optional.addUser('alice', 'secret');
    await optional.addUser('bob', 'secret');
    const client = await RawTcpClient.connect(optional.port('tcp'));
    await client.features();
    // The first is worked off later than it is read; a man in the middle adds a login of his own behind the starttls.
    const plain = (data: string) => `<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${base64(data)}</auth>`;
    client.send(plain('\0alice\0wrong') + STARTTLS + plain('\0bob\0secret'));
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    expect(await client.next()).toMatchObject({ name: 'proceed' });
    await client.upgrade();
    await client.features();
    client.auth('PLAIN', base64('\0alice\0secret'));
    expect(await client.outcome()).toHaveProperty('success');
    expect(await client.bind('x')).toBe('alice@localhost/x');
    client.destroy();
    await optional.stop();
  });
});
