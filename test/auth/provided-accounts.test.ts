/** Logins of accounts that live elsewhere: with a JSON Web Token, or a password that an HTTP service knows */
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { ConfigError, defineModule, definePlugin } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { type HttpService, startHttpService } from '../support/http-service.ts';
import { base64, RawTcpClient, RawWebSocketClient } from '../support/raw-client.ts';

const SECRET = 'a secret of two and thirty bytes';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

/** Tells of the accounts that are made and deleted, and takes the messages of those who are away. */
const told: string[] = [];
const teller = defineModule({
  name: 'teller',
  setup(host) {
    host.observe('account:created', ({ user }) => void told.push(`created ${user}`));
    host.handle('message:offline', () => true);
    host.observe('account:deleted', ({ user }) => void told.push(`deleted ${user}`));
  },
});

async function start(provider: object, auth: object = {}): Promise<TestServer> {
  told.length = 0;
  const server = await createTestServer({
    plugins: [definePlugin({ name: 'teller', modules: [teller] })],
    config: {
      hosts: { localhost: { modules: { roster: {}, presence: {}, ping: {}, teller: {} } } },
      auth: { provider, ...auth },
      listeners: [
        { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'direct' },
        { transport: 'websocket', port: 0, address: '127.0.0.1' },
      ],
    },
  });
  undo.push(() => server.stop());
  return server;
}

async function connect(server: TestServer): Promise<RawTcpClient> {
  const client = await RawTcpClient.connectTls(server.port('tcp'));
  undo.push(() => client.destroy());
  return client;
}

function token(sub: string): Promise<string> {
  return new SignJWT({ sub }).setExpirationTime('1h').setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET));
}

const run = (server: TestServer, name: string, input: object) =>
  server.commands.run(name, input) as Promise<{ users: { jid: string }[] }>;

describe('with tokens', () => {
  const jwt = { name: 'jwt', options: { secret: SECRET } };

  it('the first login by PLAIN makes an account, and the next finds it', async () => {
    const server = await start(jwt);
    expect(await server.host.accounts.exists('juliet')).toBe(false);
    for (const resource of ['balcony', 'chamber']) {
      const client = await connect(server);
      expect(await client.logIn('juliet', await token('juliet'), resource)).toBe(`juliet@localhost/${resource}`);
    }
    expect(told).toEqual(['created juliet@localhost']);
    expect(await server.host.accounts.exists('juliet')).toBe(true);
    expect((await run(server, 'user.list', {})).users).toMatchObject([{ jid: 'juliet@localhost' }]);
  });

  it('nobody is let in as somebody else', async () => {
    const server = await start(jwt);
    const client = await connect(server);
    await client.features();
    client.auth('PLAIN', base64(`\0romeo\0${await token('juliet')}`));
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    expect(told).toEqual([]);
  });

  it('OAUTHBEARER says who it is by the token alone', async () => {
    const server = await start(jwt);
    const client = await connect(server);
    await client.features();
    client.auth('OAUTHBEARER', base64('n,,\x01auth=Bearer wrong\x01\x01'));
    expect(await client.outcome()).toEqual({ challenge: '{"status":"invalid_token"}' });
    client.respond(base64('\x01'));
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    client.auth('OAUTHBEARER', base64(`n,,\x01auth=Bearer ${await token('juliet')}\x01\x01`));
    expect(await client.outcome()).toEqual({ success: '' });
    expect(await client.bind('balcony')).toBe('juliet@localhost/balcony');
    expect(told).toEqual(['created juliet@localhost']);
  });

  it('is not taken without TLS, unless that is configured', async () => {
    const server = await start(jwt);
    const client = await RawWebSocketClient.connect(server.port('websocket'));
    undo.push(() => client.destroy());
    await client.features();
    client.auth('PLAIN', base64(`\0juliet\0${await token('juliet')}`));
    expect(await client.outcome()).toEqual({ failure: 'encryption-required' });
  });

  it('an account that is deleted loses its data, and begins anew with its next login', async () => {
    const server = await start(jwt);
    const client = await connect(server);
    await client.logIn('juliet', await token('juliet'));
    await run(server, 'user.delete', { jid: 'juliet@localhost' });
    expect(await client.streamError()).toBe('not-authorized');
    expect((await run(server, 'user.list', {})).users).toEqual([]);
    await (await connect(server)).logIn('juliet', await token('juliet'));
    expect(told).toEqual(['created juliet@localhost', 'deleted juliet@localhost', 'created juliet@localhost']);
  });

  it('an account that is disabled here is not let in', async () => {
    const server = await start(jwt);
    await (await connect(server)).logIn('juliet', await token('juliet'));
    await run(server, 'user.disable', { jid: 'juliet@localhost' });
    const client = await connect(server);
    await client.features();
    client.auth('PLAIN', base64(`\0juliet\0${await token('juliet')}`));
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
  });
});

describe('with an HTTP service', () => {
  async function service(answer: (path: string, body: Record<string, string>) => number): Promise<HttpService> {
    const made = await startHttpService(({ path, body }) => answer(path, body));
    undo.push(() => made.close());
    return made;
  }

  it('passwords are asked there, with the address of the client', async () => {
    const { url, questions } = await service((_path, { password }) => (password === 'r0m30' ? 200 : 403));
    const server = await start({ name: 'http', options: { url } });
    const client = await connect(server);
    await client.features();
    client.auth('PLAIN', base64('\0juliet\0wrong'));
    expect(await client.outcome()).toEqual({ failure: 'not-authorized' });
    client.auth('PLAIN', base64('\0juliet\0r0m30'));
    expect(await client.outcome()).toEqual({ success: '' });
    expect(await client.bind('balcony')).toBe('juliet@localhost/balcony');
    expect(questions[1]?.body).toEqual({
      ...{ username: 'juliet', password: 'r0m30' },
      ...{ domain: 'localhost', address: '127.0.0.1' },
    });
    expect(told).toEqual(['created juliet@localhost']);
  });

  it('a service that is down is a temporary failure, for logins and for those who write to its users', async () => {
    const { url } = await service((path, { username }) => (path === '/down' ? 503 : username === 'romeo' ? 200 : 503));
    const server = await start({ name: 'http', options: { url, exists_url: `${url}/down` } });
    const juliet = await connect(server);
    await juliet.features();
    juliet.auth('PLAIN', base64('\0juliet\0r0m30'));
    expect(await juliet.outcome()).toEqual({ failure: 'temporary-auth-failure' });
    const romeo = await connect(server);
    await romeo.logIn('romeo', 'secret');
    romeo.send("<message xmlns='jabber:client' to='juliet@localhost' type='chat'><body>o</body></message>");
    const error = await romeo.find('message');
    expect(JSON.stringify(error)).toContain('recipient-unavailable');
    expect(error.attrs.type).toBe('error');
  });
});

it.each([
  ['http', {}, 'auth.provider.options.url'],
  ['http', { url: 'http://127.0.0.1', retries: 3 }, 'auth.provider.options.retries'],
  ['jwt', { secret: 'short' }, 'auth.provider.options.secret'],
  ['jwt', { public_key: '/missing.pem' }, 'auth.provider.options.public_key'],
  ['jtw', {}, 'auth.provider.name'],
])('a wrong option of %s is named: %j', async (name, options, path) => {
  const error: unknown = await createTestServer({ config: { auth: { provider: { name, options } } } }).catch(
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as ConfigError).problems.map((problem) => problem.path)).toEqual([path]);
});
