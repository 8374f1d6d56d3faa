/** XEP-0480: upgrades of SCRAM keys, those that work and those that must not, at the wire */
import { createHmac, pbkdf2Sync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ScramHash } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { childNamed, elements, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, connectRaw, NS_SASL2, type RawClient, type RawTransport } from '../support/raw-client.ts';
import { scramFinal } from '../support/scram-client.ts';

const FIRST = 'n=alice,r=client-nonce';
const ADDRESS = { address: '127.0.0.1', port: 0 };
const AGENT = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>";
const BIND = "<bind xmlns='urn:xmpp:bind:0'/>";
const PLAIN_OF_ALICE = base64('\0alice\0secret');
const NS_UPGRADE = 'urn:xmpp:sasl:upgrade:0';

const upgrade = (hash: ScramHash) => `<upgrade xmlns='${NS_UPGRADE}'>UPGR-SCRAM-${hash}</upgrade>`;

let server: TestServer;
const lines: LogLine[] = [];
const open: RawClient[] = [];

beforeAll(async () => {
  server = await createTestServer({
    log: quietLog(lines),
    config: {
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
        { transport: 'websocket', ...ADDRESS },
      ],
      auth: { plain_without_tls: true, fast_without_tls: true },
      limits: { failed_logins: 100_000 },
    },
  });
});
/** An account as it comes from a server that knows SHA-1 only. */
beforeEach(async () => {
  await server.addUser('alice', 'secret');
  await server.host.stores.map<{ credentials: { keys: object } }>('accounts').update('alice', 'account', (account) => {
    if (account === undefined) return undefined;
    const keys = { 'SHA-1': (account.credentials.keys as Record<string, unknown>)['SHA-1'] };
    return { ...account, credentials: { ...account.credentials, keys } };
  });
});
afterAll(() => server.stop());
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
  await server.host.deleteAccount('alice');
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  lines.length = 0;
});

async function connect(transport: RawTransport): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  open.push(client);
  await client.features();
  return client;
}

/** Logs in with SCRAM or refuses; resolves with what comes after the last message of the client. */
async function scram(client: RawClient, hash: ScramHash, more = ''): Promise<XmlNode> {
  client.authenticate(`SCRAM-${hash}`, base64(`n,,${FIRST}`), more);
  const serverFirst = (await client.outcome()).challenge ?? '';
  client.respond2(base64(scramFinal({ hash, password: 'secret', bare: FIRST, serverFirst }).message));
  return client.next();
}

const next = (hash: ScramHash) => `<next xmlns='${NS_SASL2}' task='UPGR-SCRAM-${hash}'/>`;
const taskData = (hash: string) =>
  `<task-data xmlns='${NS_SASL2}'><hash xmlns='urn:xmpp:scram-upgrade:0'>${hash}</hash></task-data>`;

/** RFC 5802 §3: SaltedPassword, of what the server asks for. */
async function salted(client: RawClient, hash: ScramHash, password = 'secret'): Promise<string> {
  const salt = childNamed(await client.next(), 'salt') as XmlNode;
  const digest = hash.replace('-', '').toLowerCase();
  const bytes = createHmac(digest, '').digest().length;
  const key = pbkdf2Sync(password, Buffer.from(textOf(salt), 'base64'), Number(salt.attrs.iterations), bytes, digest);
  return key.toString('base64');
}

const tasksIn = (node: XmlNode) => elements(childNamed(node, 'tasks') ?? node).map(textOf);

async function failure(client: RawClient): Promise<string> {
  const node = await client.next();
  expect(node).toMatchObject({ name: 'failure', ns: NS_SASL2 });
  return elements(node)[0]?.name ?? '';
}

const hashesOf = async (username: string) => {
  const hashes: ScramHash[] = [];
  for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const) {
    if ((await server.host.accounts.scramKeys?.(username, hash)) !== undefined) hashes.push(hash);
  }
  return hashes;
};

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('a client makes the keys that lack, one task after the other, and then gets its session', async () => {
    const client = await connect(transport);
    const goesOn = await scram(client, 'SHA-1', upgrade('SHA-512') + upgrade('SHA-256') + BIND);
    expect(goesOn.name).toBe('continue');
    expect(childNamed(goesOn, 'additional-data')).toBeDefined();
    expect(tasksIn(goesOn)).toEqual(['UPGR-SCRAM-SHA-256']);
    client.send(next('SHA-256'));
    client.send(taskData(await salted(client, 'SHA-256')));
    const second = await client.next();
    expect(second.name).toBe('continue');
    expect(childNamed(second, 'additional-data')).toBeUndefined();
    expect(tasksIn(second)).toEqual(['UPGR-SCRAM-SHA-512']);
    expect(server.host.sessions.size).toBe(0);
    client.send(next('SHA-512'));
    client.send(taskData(await salted(client, 'SHA-512')));
    expect(elements(await client.next()).map(({ name }) => name)).toEqual(['authorization-identifier', 'bound']);
    expect(server.host.sessions.size).toBe(1);

    for (const hash of ['SHA-1', 'SHA-256', 'SHA-512'] as const) {
      expect((await scram(await connect(transport), hash)).name).toBe('success');
    }
  });

  it('a client that logged in by PLAIN may do the same', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', PLAIN_OF_ALICE, upgrade('SHA-256'));
    expect(tasksIn(await client.next())).toEqual(['UPGR-SCRAM-SHA-256']);
    client.send(next('SHA-256'));
    client.send(taskData(await salted(client, 'SHA-256')));
    expect((await client.next()).name).toBe('success');
    expect(await hashesOf('alice')).toEqual(['SHA-1', 'SHA-256']);
  });

  it('a task is given out once, and only to who asks', async () => {
    for (const more of ['', upgrade('SHA-1'), `<upgrade xmlns='${NS_UPGRADE}'>UPGR-BLURDYBLOOP</upgrade>`]) {
      expect((await scram(await connect(transport), 'SHA-1', more)).name).toBe('success');
    }
    expect(await hashesOf('alice')).toEqual(['SHA-1']);
    await server.host.accounts.setPassword('alice', 'secret');
    expect((await scram(await connect(transport), 'SHA-1', upgrade('SHA-256'))).name).toBe('success');
  });

  it('who logs in by token cannot set keys', async () => {
    const first = await connect(transport);
    const request = "<request-token xmlns='urn:xmpp:fast:0' mechanism='HT-SHA-256-NONE'/>";
    first.authenticate('PLAIN', PLAIN_OF_ALICE, AGENT + request);
    const token = childNamed(await first.next(), 'token')?.attrs.token ?? '';
    const client = await connect(transport);
    const message = Buffer.concat([Buffer.from('alice\0'), createHmac('sha256', token).update('Initiator').digest()]);
    const more = `${AGENT}<fast xmlns='urn:xmpp:fast:0'/>${upgrade('SHA-256')}`;
    client.authenticate('HT-SHA-256-NONE', base64(message), more);
    expect((await client.next()).name).toBe('success');
  });

  it.each([
    ['data before the task has begun', taskData(base64('x'.repeat(32)))],
    ['a task that was not asked for', next('SHA-512')],
    ['a response', `<response xmlns='${NS_SASL2}'>${PLAIN_OF_ALICE}</response>`],
  ])('%s fails the login, and there is no other on this stream', async (_, element) => {
    const client = await connect(transport);
    expect((await scram(client, 'SHA-1', upgrade('SHA-256') + BIND)).name).toBe('continue');
    client.send(element);
    expect(await failure(client)).toBe('malformed-request');
    expect(server.host.sessions.size).toBe(0);
    client.authenticate('PLAIN', PLAIN_OF_ALICE);
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a task that is begun twice fails the login', async () => {
    const client = await connect(transport);
    await scram(client, 'SHA-1', upgrade('SHA-256'));
    client.send(next('SHA-256'));
    await client.next();
    client.send(next('SHA-256'));
    expect(await failure(client)).toBe('malformed-request');
  });

  it('a task where there is none fails', async () => {
    const client = await connect(transport);
    client.send(next('SHA-256'));
    expect(await failure(client)).toBe('malformed-request');
  });

  it.each([
    ['too short', base64('x'.repeat(31)), 'malformed-request'],
    ['too long', base64('x'.repeat(33)), 'malformed-request'],
    ['empty', '', 'malformed-request'],
    ['no base64', 'not base64!', 'incorrect-encoding'],
  ])('a salted password that is %s fails the login', async (_, hash, condition) => {
    const client = await connect(transport);
    await scram(client, 'SHA-1', upgrade('SHA-256'));
    client.send(next('SHA-256'));
    await client.next();
    client.send(taskData(hash));
    expect(await failure(client)).toBe(condition);
    expect(await hashesOf('alice')).toEqual(['SHA-1']);
  });

  it('a stanza between tasks ends the stream', async () => {
    const client = await connect(transport);
    await scram(client, 'SHA-1', upgrade('SHA-256'));
    client.send("<presence xmlns='jabber:client'/>");
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a client may give up its tasks, and with them the login', async () => {
    const client = await connect(transport);
    await scram(client, 'SHA-1', upgrade('SHA-256'));
    client.send(`<abort xmlns='${NS_SASL2}'/>`);
    expect(await failure(client)).toBe('aborted');
  });

  it('a password that is set while a task runs stays', async () => {
    const client = await connect(transport);
    await scram(client, 'SHA-1', upgrade('SHA-256'));
    client.send(next('SHA-256'));
    const hash = await salted(client, 'SHA-256');
    await server.host.accounts.setPassword('alice', 'another');
    client.send(taskData(hash));
    await client.next();
    expect(await server.host.accounts.verifyPassword('alice', 'another')).toBe(true);
    expect(await server.host.accounts.verifyPassword('alice', 'secret')).toBe(false);
  });
});
