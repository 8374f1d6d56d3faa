/** What the server keeps for a client that asks for its archive again and again, and does not read */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { connectRaw, type RawTransport } from '../support/raw-client.ts';

const QUERIES = 10_000;
const MESSAGES = 60;
const BODY = `<body>${'x'.repeat(20_000)}</body>`;
/** One page, and what the system takes for a reader that does not read. */
const MUCH = 32 * 1_048_576;

let server: TestServer;
beforeEach(async () => {
  server = await createTestServer({ config: { auth: { plain_without_tls: true } } });
  for (const name of ['romeo', 'juliet']) await server.addUser(name, 'secret');
});
afterEach(() => server.stop());

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('is one page, and the session goes on when it reads', async () => {
    const romeo = await connectRaw('tcp', server);
    await romeo.logIn('romeo', 'secret');
    for (let sent = 0; sent < MESSAGES; sent++)
      romeo.send(`<message to='juliet@localhost' type='chat'>${BODY}</message>`);
    await romeo.ping();

    const juliet = await connectRaw(transport, server);
    await juliet.logIn('juliet', 'secret');
    let delivered = 0;
    server.host.hooks.add('client:delivering', 'observe', ({ stanza }) => {
      if (stanza?.childNs('urn:xmpp:mam:2') !== undefined) delivered += BODY.length;
    });
    juliet.stopReading();
    const query = "<query xmlns='urn:xmpp:mam:2'/>";
    for (let asked = 0; asked < QUERIES; asked++)
      juliet.send(`<iq xmlns='jabber:client' type='set' id='q${asked}'>${query}</iq>`);
    for (let turn = 0; turn < 100; turn++) await romeo.ping();
    expect(delivered).toBeGreaterThan(0);
    expect(delivered).toBeLessThan(MUCH);

    juliet.startReading();
    for (const id of ['q0', 'q1', 'q2']) expect((await juliet.find('iq')).attrs).toMatchObject({ type: 'result', id });
    juliet.destroy();
  });
});
