import { expect, it } from 'vitest';
import { createTestServer } from '../../../src/testing.ts';
import { base64, bindRequest, connectRaw, NS_SASL, type RawClient } from '../../../test/support/raw-client.ts';

/** More than are read in one turn of the event loop. */
const CLIENTS = 120;

const header = `<stream:stream to='localhost' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;
const turn = () => new Promise((resolve) => setImmediate(resolve));

it('what many clients send at once, ahead of the answers, is taken in its order', async () => {
  const server = await createTestServer({
    config: {
      auth: { plain_without_tls: true },
      limits: { connections_per_address: 1_000, sessions_per_account: 1_000 },
    },
  });
  const clients: RawClient[] = [];
  try {
    await server.addUser('romeo', 'secret');
    const auth = `<auth xmlns='${NS_SASL}' mechanism='PLAIN'>${base64('\0romeo\0secret')}</auth>`;
    for (let number = 0; number < CLIENTS; number++) clients.push(await connectRaw('tcp', server));
    // Each piece in a packet of its own, so that some come before the login and some after it
    for (const piece of [header, auth, header]) {
      for (const client of clients) client.send(piece);
      await turn();
    }
    for (const [number, client] of clients.entries()) client.send(bindRequest(`r${number}`));
    const bound = await Promise.all(clients.map(async (client) => (await client.find('iq')).attrs.type));
    expect(bound).toEqual(clients.map(() => 'result'));
  } finally {
    for (const client of clients) client.destroy();
    await server.stop();
  }
});
