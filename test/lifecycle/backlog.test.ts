/** XEP-0160 §2: a user who comes back to more messages than a server should have in memory for one client */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const MESSAGES = 300;
/** Together more than a send queue may hold, and than the system takes for a reader that does not read. */
const BODY = 'x'.repeat(65_536);

let server: TestServer;
let romeo: RawClient;

beforeEach(async () => {
  server = await createTestServer({
    config: {
      auth: { plain_without_tls: true },
      limits: { send_queue_bytes: 1_048_576 },
      hosts: { localhost: { modules: { roster: {}, presence: {}, ping: {}, offline: { max_size: 100_000_000 } } } },
    },
  });
  for (const name of ['juliet', 'romeo']) await server.addUser(name, 'secret');
  romeo = await logIn('tcp', 'romeo');
  for (let sent = 0; sent < MESSAGES; sent++) {
    romeo.send(`<message type='chat' id='${sent}' to='juliet@localhost'><body>${BODY}</body></message>`);
  }
  await romeo.ping();
});
afterEach(() => server.stop());

async function logIn(transport: RawTransport, name: string): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  await client.logIn(name, 'secret', 'x');
  return client;
}

const waiting = async () => (await server.host.stores.archive('offline').query('juliet', { limit: MESSAGES })).length;
const all = Array.from({ length: MESSAGES }, (_, id) => `${id}`);

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('gets all of them in order, though the queue of a connection takes a part only', async () => {
    const juliet = await logIn(transport, 'juliet');
    juliet.send("<presence xmlns='jabber:client'/>");
    const got: (string | undefined)[] = [];
    while (got.length < MESSAGES) got.push((await juliet.find('message')).attrs.id);
    expect(got).toEqual(all);
    await juliet.ping();
    expect(await waiting()).toBe(0);
  });

  it('and leaves them where they are as long as it does not read them', async () => {
    const deaf = await logIn(transport, 'juliet');
    const session = server.host.sessions.of(server.host.userJid('juliet'))[0];
    deaf.send("<presence xmlns='jabber:client'/>");
    deaf.stopReading();
    // Until the system takes no more.
    for (let left = await waiting(), same = 0; same < 20; ) {
      await romeo.ping();
      const now = await waiting();
      same = now === left ? same + 1 : 0;
      left = now;
    }
    const left = await waiting();
    expect(left).toBeGreaterThan(0);
    expect(session?.ended).toBe(false);
    romeo.send(`<message type='chat' id='late' to='juliet@localhost'><body>late</body></message>`);
    await romeo.ping();
    expect(await server.host.stores.archive('offline').head('juliet')).toBe(MESSAGES + 1);
    deaf.destroy();
  });
});
