/** The mechanisms that only the Mars protocol has, by its client and a whole server */
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { type Client, type ClientOptions, connect } from '../../src/client/node.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';

const SECRET = 'a secret that is long enough for HS256';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(auth: object): Promise<TestServer> {
  const server = await createTestServer({
    config: {
      auth,
      listeners: [{ transport: 'tcp-mars', address: '127.0.0.1', port: 0, encryption: 'optional' }],
    },
  });
  undo.push(() => server.stop());
  return server;
}

async function logIn(
  server: TestServer,
  credentials: ClientOptions['credentials'],
  more: Partial<ClientOptions> = {},
): Promise<Client> {
  const { domain, listeners } = server;
  const options = {
    ...{ servers: [`tcp://127.0.0.1:${server.port('tcp-mars')}`], domain, credentials },
    ...{ serverKey: listeners[0]?.publicKey, ...more },
  };
  const client = await connect(options);
  undo.push(() => client.close());
  return client;
}

const token = (sub: string, expires = '5m') =>
  new SignJWT({ sub }).setProtectedHeader({ alg: 'HS256' }).setExpirationTime(expires).sign(Buffer.from(SECRET));

describe('TOKEN', () => {
  const jwt = { provider: { name: 'jwt', options: { secret: SECRET } } };

  it('logs in, the first time and again', async () => {
    const server = await start(jwt);
    for (let time = 0; time < 2; time++) {
      const client = await logIn(server, { token: await token('alice') });
      expect(client.jid).toContain(`alice@${server.domain}/`);
      await client.close();
    }
  });

  it('does not with one that has expired, or is another’s', async () => {
    const server = await start(jwt);
    for (const wrong of [await token('alice', '-1m'), `${await token('alice')}x`]) {
      await expect(logIn(server, { token: wrong })).rejects.toMatchObject({ condition: 'not-authorized' });
    }
  });

  it('does not for a banned account', async () => {
    const server = await start(jwt);
    await (await logIn(server, { token: await token('alice') })).close();
    await server.commands.run('user.ban', { jid: `alice@${server.domain}`, until: '1h' });
    await expect(logIn(server, { token: await token('alice') })).rejects.toMatchObject({
      condition: 'not-authorized',
      message: expect.stringContaining('banned'),
    });
  });

  it('is not said in the clear', async () => {
    const server = await start(jwt);
    await expect(logIn(server, { token: await token('alice') }, { serverKey: undefined })).rejects.toThrow();
  });
});

describe('MD5-CHALLENGE', () => {
  const alice = { username: 'alice', password: 'sesame', mechanisms: ['MD5-CHALLENGE'] } as const;

  async function withAlice(md5_challenge: string): Promise<TestServer> {
    const server = await start({ md5_challenge });
    await server.addUser('alice', 'sesame');
    return server;
  }

  it('logs in where it is configured', async () => {
    const server = await withAlice('encrypted');
    expect((await logIn(server, alice)).jid).toContain(`alice@${server.domain}/`);
    await expect(logIn(server, { ...alice, password: 'wrong' })).rejects.toMatchObject({ condition: 'not-authorized' });
  });

  it('does not in the clear unless that is configured as well', async () => {
    await expect(logIn(await withAlice('encrypted'), alice, { serverKey: undefined })).rejects.toThrow();
    const server = await withAlice('any');
    expect((await logIn(server, alice, { serverKey: undefined })).jid).toContain('alice@');
  });

  it('does not where it is off', async () => {
    await expect(logIn(await withAlice('off'), alice)).rejects.toThrow();
  });

  it('does not for a banned account', async () => {
    const server = await withAlice('encrypted');
    await server.commands.run('user.ban', { jid: `alice@${server.domain}`, until: '1h' });
    await expect(logIn(server, alice)).rejects.toMatchObject({ message: expect.stringContaining('banned') });
  });
});
