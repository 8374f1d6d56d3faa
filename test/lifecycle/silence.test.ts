/** RFC 6120 §4.6, RFC 6121 §4.5, XEP-0199: peers that are gone without a word */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

let server: TestServer;
let clock: ManualClock;
let lines: LogLine[];

beforeEach(async () => {
  clock = new ManualClock();
  lines = [];
  server = await createTestServer({
    clock,
    log: quietLog(lines),
    config: {
      auth: { plain_without_tls: true },
      limits: { idle_seconds: 300, ping_seconds: 30, connections_per_address: 2 },
    },
  });
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
});
afterEach(() => server.stop());

async function logIn(transport: RawTransport, name: string): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  await client.logIn(name, 'secret', 'x');
  return client;
}

/** Alice, and Bob who sees her presence. */
async function friends(transport: RawTransport): Promise<[alice: RawClient, bob: RawClient]> {
  const alice = await logIn(transport, 'alice');
  const bob = await logIn('tcp', 'bob');
  for (const client of [alice, bob]) client.send(`<presence xmlns='jabber:client'/>`);
  bob.send(`<presence to='alice@localhost' type='subscribe'/>`);
  await bob.ping();
  alice.send(`<presence xmlns='jabber:client' to='bob@localhost' type='subscribed'/>`);
  await alice.ping();
  await bob.ping();
  return [alice, bob];
}

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('a silent client is pinged, and without an answer its contacts see it go', async () => {
    const [alice, bob] = await friends(transport);
    clock.advance(299_000);
    expect(await alice.ping()).toEqual([]);
    await bob.ping();
    // The wheel looks a second late, never early.
    clock.advance(302_000);
    const ping = await alice.next();
    expect(ping).toMatchObject({ name: 'iq', attrs: { type: 'get', from: 'localhost', to: 'alice@localhost/x' } });
    expect(ping).toMatchObject({ children: [{ name: 'ping', ns: 'urn:xmpp:ping' }] });
    await bob.ping();
    clock.advance(32_000);
    expect(await alice.streamError()).toBe('connection-timeout');
    expect(await bob.find('presence')).toMatchObject({ attrs: { type: 'unavailable', from: 'alice@localhost/x' } });
    expect(server.host.sessions.of(server.host.userJid('alice'))).toEqual([]);
    expect(lines.map(({ fields }) => fields)).toMatchObject([{ condition: 'connection-timeout', peer: '127.0.0.1' }]);
  });

  it('any answer will do: the session goes on, and is pinged again after the next silence', async () => {
    const alice = await logIn(transport, 'alice');
    for (let silence = 0; silence < 3; silence++) {
      clock.advance(302_000);
      const ping = await alice.next();
      expect(ping).toMatchObject({ children: [{ name: 'ping' }] });
      // An error is an answer too (XEP-0199 §4.1).
      alice.send(`<iq xmlns='jabber:client' type='error' id='${ping.attrs.id}' to='localhost'/>`);
      expect(await alice.ping()).toEqual([]);
      clock.advance(200_000);
      expect(await alice.ping()).toEqual([]);
    }
    expect(lines).toEqual([]);
  });

  it('who talks is not pinged', async () => {
    const alice = await logIn(transport, 'alice');
    for (let minute = 0; minute < 20; minute++) {
      clock.advance(60_000);
      expect(await alice.ping()).toEqual([]);
    }
  });

  it('a peer that is silent and reads nothing is cut off when it does not close its side', async () => {
    const [alice, bob] = await friends(transport);
    alice.stopReading();
    clock.advance(302_000);
    await bob.ping();
    clock.advance(32_000);
    expect(await bob.find('presence')).toMatchObject({ attrs: { type: 'unavailable', from: 'alice@localhost/x' } });
    await bob.ping();
    clock.advance(5_000);
    // Nothing is left of it: there is room for another connection.
    await expect.poll(async () => (await connectRaw('tcp', server)).features(), { interval: 5 }).toBeDefined();
  });
});

describe('over tcp', () => {
  it('white space between stanzas counts as life', async () => {
    const alice = await logIn('tcp', 'alice');
    const watcher = await logIn('tcp', 'bob');
    for (let minute = 0; minute < 10; minute++) {
      alice.send(' ');
      // Two round trips: the white space was on its way before the first, so it is read before the second is answered.
      await watcher.ping();
      await watcher.ping();
      clock.advance(60_000);
    }
    expect(await alice.ping()).toEqual([]);
  });
});

describe('over websocket', () => {
  it('pings of the WebSocket protocol count as life', async () => {
    const alice = await connectRaw('websocket', server);
    await alice.logIn('alice', 'secret', 'x');
    for (let minute = 0; minute < 10; minute++) {
      const answered = new Promise((resolve) => 'ws' in alice && alice.ws.once('pong', resolve));
      if ('ws' in alice) alice.ws.ping();
      await answered;
      clock.advance(60_000);
    }
    expect(await alice.ping()).toEqual([]);
  });
});
