/** RFC 6120 §7: streams that are authenticated and hold back before they bind, or bind more than they may */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { base64, bindRequest, connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

let server: TestServer;
const open: RawClient[] = [];

beforeAll(async () => {
  server = await createTestServer({
    config: {
      auth: { plain_without_tls: true, resource_conflict: 'rename' },
      limits: { sessions_per_account: 2 },
    },
  });
});
afterAll(() => server.stop());
afterEach(() => {
  for (const client of open.splice(0)) client.destroy();
});

/** A stream of a new account that has all but bound. */
async function authenticate(transport: RawTransport, username: string): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  open.push(client);
  await client.features();
  client.auth('PLAIN', base64(`\0${username}\0secret`));
  await client.find('success');
  await client.features();
  return client;
}

it.each<RawTransport>(['tcp', 'websocket'])(
  'over %s, an account deleted meanwhile gets no session',
  async (transport) => {
    await server.addUser('gone', 'secret');
    const client = await authenticate(transport, 'gone');
    await server.host.deleteAccount('gone');
    client.send(bindRequest('late'));
    expect(await client.streamError()).toBe('not-authorized');
    expect(server.host.sessions.size).toBe(0);
  },
);

it('an account disabled meanwhile gets no session', async () => {
  await server.addUser('disabled', 'secret');
  const client = await authenticate('tcp', 'disabled');
  await server.host.accounts.setDisabled('disabled', true);
  client.send(bindRequest('late'));
  expect(await client.streamError()).toBe('not-authorized');
  expect(server.host.sessions.size).toBe(0);
});

it('the limit of sessions holds as well for resources that are renamed because they are taken', async () => {
  await server.addUser('many', 'secret');
  for (const _ of [1, 2]) {
    const client = await authenticate('tcp', 'many');
    client.send(bindRequest('same'));
    expect((await client.find('iq')).attrs.type).toBe('result');
  }
  const third = await authenticate('tcp', 'many');
  third.send(bindRequest('same'));
  const answer = await third.find('iq');
  expect(answer.attrs.type).toBe('error');
  expect(server.host.sessions.of(server.host.userJid('many'))).toHaveLength(2);
});

it('a stream header adds a language to the stanzas of its stream, and nothing longer', async () => {
  await server.addUser('lang', 'secret');
  for (const [lang, expected] of [
    ['de-CH', 'de-CH'],
    ['x'.repeat(10_000), undefined],
  ] as const) {
    const client = await connectRaw('tcp', server);
    open.push(client);
    await client.features();
    client.auth('PLAIN', base64('\0lang\0secret'));
    await client.find('success');
    client.send(
      `<stream:stream xml:lang='${lang}' to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
    client.send(bindRequest('here'));
    const jid = /lang@localhost\/[^<"]+/.exec(JSON.stringify(await client.find('iq')))?.[0];
    client.send(`<message to='${jid}'><body>hello</body></message>`);
    const message = await client.find('message');
    expect(message.attrs['xml:lang']).toBe(expected);
    client.destroy();
  }
});
