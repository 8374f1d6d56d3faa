/** XEP-0198 §5: many sessions lose their links at the same time */
import { expect, it } from 'vitest';
import { base64, connectRaw, type RawClient, type RawTransport } from '../../test/support/raw-client.ts';
import { createTestServer } from '../testing.ts';

/** More than end in one turn of the event loop. */
const CLIENTS = 60;
const NS_SM = 'urn:xmpp:sm:3';

it.each(['tcp', 'websocket'] as const)(
  'whoever comes back over %s at once finds its session, and misses nothing',
  async (transport) => {
    const server = await createTestServer({
      config: {
        auth: { plain_without_tls: true },
        limits: { connections_per_address: 1_000, sessions_per_account: 1_000, logins_per_second: 1_000 },
      },
    });
    const clients: RawClient[] = [];
    try {
      await server.addUser('juliet', 'secret');
      const ids: string[] = [];
      for (let number = 0; number < CLIENTS; number++) {
        const client = await connectRaw(transport, server);
        clients.push(client);
        await client.logIn('juliet', 'secret', `r${number}`);
        client.send(`<enable xmlns='${NS_SM}' resume='true'/>`);
        ids.push((await client.find('enabled')).attrs.id as string);
        client.send(`<message xmlns='jabber:client' to='juliet@localhost/r${number}' type='chat' id='m${number}'/>`);
        await client.find('message');
      }
      for (const client of clients.splice(0)) client.destroy();
      const missed = await Promise.all(ids.map((id) => comeBack(transport, server, id, clients)));
      expect(missed).toEqual(ids.map((_, number) => `m${number}`));
      expect(server.host.sessions.size).toBe(CLIENTS);
    } finally {
      for (const client of clients) client.destroy();
      await server.stop();
    }
  },
);

/** Resumes the session, and resolves with the id of the message it had not acknowledged. */
async function comeBack(
  transport: RawTransport,
  server: { port(transport: string): number },
  id: string,
  clients: RawClient[],
): Promise<string | undefined> {
  const client = await connectRaw(transport, server);
  clients.push(client);
  await client.features();
  client.auth('PLAIN', base64('\0juliet\0secret'));
  await client.find('success');
  await client.features();
  client.send(`<resume xmlns='${NS_SM}' previd='${id}' h='0'/>`);
  await client.find('resumed');
  return (await client.find('message')).attrs.id;
}
