/** When what a session was handed has left the server */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ClientSession, message, ns } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const body = ns('jabber:client')('body', {}, 'x'.repeat(65_536));
const FEW = 10;
/** More than the system takes for a reader that does not read. */
const MANY = 500;

let server: TestServer;
beforeEach(async () => {
  server = await createTestServer({
    config: { auth: { plain_without_tls: true }, limits: { send_queue_bytes: 1_073_741_824 } },
  });
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
});
afterEach(() => server.stop());

async function logIn(transport: RawTransport, name: string): Promise<[RawClient, ClientSession]> {
  const client = await connectRaw(transport, server);
  await client.logIn(name, 'secret', 'x');
  const session = server.host.sessions.get(server.host.userJid(name).withResource('x'));
  if (session === undefined) throw new Error('no session');
  return [client, session];
}

function deliver(session: ClientSession, count: number): void {
  for (let sent = 0; sent < count; sent++) session.deliver(message({ to: session.jid, id: `${sent}` }, body));
}

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('it has left when the client reads it', async () => {
    const [client, session] = await logIn(transport, 'alice');
    deliver(session, FEW);
    expect(await session.drained()).toBe(true);
    expect((await client.ping()).map(({ attrs }) => attrs.id)).toEqual(Array.from({ length: FEW }, (_, n) => `${n}`));
  });

  it('it has not when the client does not read, and it never will when the link breaks', async () => {
    const [client, session] = await logIn(transport, 'alice');
    const [bob] = await logIn('tcp', 'bob');
    client.stopReading();
    deliver(session, MANY);
    let isOver = false;
    const drained = session.drained().finally(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn++) await bob.ping();
    expect(isOver).toBe(false);
    client.destroy();
    expect(await drained).toBe(false);
    expect(await session.drained()).toBe(false);
  });

  it('with nothing to send, nothing is waited for', async () => {
    const [, session] = await logIn(transport, 'alice');
    expect(await session.drained()).toBe(true);
  });
});
