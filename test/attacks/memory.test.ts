/** XEP-0198: what the server keeps for clients that do not acknowledge, do not read, or do not come back */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { elements, type XmlNode } from '../scenarios/runner/xml.ts';
import { base64, bindRequest, connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const NS_SM = 'urn:xmpp:sm:3';
const MOST = 100;
const MOST_BYTES = 1_000_000;
const SESSIONS = 5;

let server: TestServer;
let romeo: RawClient;
beforeEach(async () => {
  server = await createTestServer({
    config: {
      auth: { plain_without_tls: true },
      limits: { sessions_per_account: SESSIONS },
      hosts: {
        localhost: {
          modules: {
            ...{ roster: {}, presence: {}, ping: {}, offline: {} },
            'stream-management': { max_unacked_stanzas: MOST, max_unacked_bytes: MOST_BYTES },
          },
        },
      },
    },
  });
  for (const name of ['juliet', 'romeo']) await server.addUser(name, 'secret');
  romeo = await logIn('tcp', 'romeo');
});
afterEach(() => server.stop());

async function logIn(transport: RawTransport, name: string, resource = 'x'): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  await client.logIn(name, 'secret', resource);
  return client;
}

/** Juliet, whose session can be resumed, and who acknowledges nothing. */
async function managed(transport: RawTransport, resource?: string) {
  const client = await logIn(transport, 'juliet', resource);
  client.send(`<enable xmlns='${NS_SM}' resume='true'/>`);
  await client.find('enabled');
  client.send("<presence xmlns='jabber:client'/>");
  await client.ping();
  const session = server.host.sessions.of(server.host.userJid('juliet')).at(-1);
  if (session?.management === undefined) throw new Error('stream management was not enabled');
  return { client, session, management: session.management };
}

/** Chat messages to juliet, each of about as many bytes. */
async function send(count: number, size = 1): Promise<void> {
  const body = `<body>${'x'.repeat(size)}</body>`;
  for (let sent = 0; sent < count; sent++) romeo.send(`<message to='juliet@localhost' type='chat'>${body}</message>`);
  await romeo.ping();
}

const waiting = () => server.host.stores.archive('offline').head('juliet');

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('a client that never acknowledges may have as many stanzas as the limit says, and ends with one more', async () => {
    const { client, session, management } = await managed(transport);
    await send(MOST - management.unacknowledged.length);
    expect(management.unacknowledged.length).toBe(MOST);
    expect(session.ended).toBe(false);
    await send(1);
    expect(await client.streamError()).toBe('policy-violation');
    expect(session.ended).toBe(true);
  });

  it('and as many bytes', async () => {
    const { client, session, management } = await managed(transport);
    await send(9, MOST_BYTES / 10);
    expect(management.unacknowledged.size).toBeLessThanOrEqual(MOST_BYTES);
    expect(session.ended).toBe(false);
    await send(1, MOST_BYTES / 10);
    expect(await client.streamError()).toBe('policy-violation');
    expect(session.ended).toBe(true);
  });

  it('what it did not acknowledge waits for it in storage', async () => {
    const { management } = await managed(transport);
    const messages = MOST - management.unacknowledged.length + 1;
    await send(messages);
    expect(await waiting()).toBe(messages);
  });

  it('a client that is gone is kept no more than that either', async () => {
    const { client, session, management } = await managed(transport);
    client.destroy();
    while (!session.detached) await romeo.ping();
    const messages = MOST - management.unacknowledged.length;
    await send(messages);
    expect(session.ended).toBe(false);
    expect(await waiting()).toBe(0);
    await send(1);
    expect(session.ended).toBe(true);
    expect(await waiting()).toBe(messages + 1);
  });

  it('nor one that never reads', async () => {
    const { client, session } = await managed(transport);
    client.stopReading();
    await send(11, MOST_BYTES / 10);
    expect(session.ended).toBe(true);
    client.destroy();
  });

  it('clients that are cut again and again leave as many sessions as an account may have', async () => {
    for (let cut = 0; cut < SESSIONS; cut++) {
      const { client, session } = await managed(transport, `r${cut}`);
      client.destroy();
      while (!session.detached) await romeo.ping();
    }
    const late = await connectRaw(transport, server);
    await late.features();
    late.auth('PLAIN', base64('\0juliet\0secret'));
    await late.find('success');
    await late.features();
    late.send(bindRequest('late'));
    const error = elements(await late.find('iq')).find(({ name }) => name === 'error');
    expect(elements(error as XmlNode)[0]?.name).toBe('resource-constraint');
    expect(server.host.sessions.of(server.host.userJid('juliet'))).toHaveLength(SESSIONS);
    late.destroy();
  });
});

it('who always asks what was handled and never reads loses the link, and nothing more is kept for the session', async () => {
  const { client, session, management } = await managed('tcp');
  const kept = management.unacknowledged.length;
  client.stopReading();
  const asks = `<r xmlns='${NS_SM}'/>`.repeat(1_000);
  while (!session.detached && !session.ended) {
    for (let sent = 0; sent < 100; sent++) client.send(asks);
    await romeo.ping();
  }
  expect(management.unacknowledged.length).toBe(kept);
  client.destroy();
});
