/** XEP-0198 §5: a session is not of a transport; its client may come back on another one */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { base64, connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

const SM = "xmlns='urn:xmpp:sm:3'";
const CLIENT = "xmlns='jabber:client'";

let server: TestServer;
let romeo: RawClient;
/** What happened to sessions. */
let events: string[];

beforeEach(async () => {
  const modules = { roster: {}, presence: {}, ping: {}, 'stream-management': {} };
  server = await createTestServer({
    config: { auth: { plain_without_tls: true }, hosts: { localhost: { modules } } },
  });
  for (const name of ['juliet', 'romeo']) await server.addUser(name, 'secret');
  events = [];
  for (const event of ['session:detached', 'session:resumed', 'session:unavailable'] as const) {
    server.host.hooks.add(event, 'observe', () => void events.push(event));
  }
  romeo = await connectRaw('tcp', server);
  await romeo.logIn('romeo', 'secret', 'orchard');
});
afterEach(() => server.stop());

async function tell(id: string): Promise<void> {
  romeo.send(`<message ${CLIENT} type='chat' id='${id}' to='juliet@localhost'><body>${id}</body></message>`);
  await romeo.ping();
}

/** Logs in and resumes; resolves with the client when the session is its own again. */
async function resume(transport: RawTransport, id: string, handled: number): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  await client.features();
  client.auth('PLAIN', base64('\0juliet\0secret'));
  expect((await client.outcome()).success).toBeDefined();
  await client.features();
  client.send(`<resume ${SM} previd='${id}' h='${handled}'/>`);
  expect(await client.next()).toMatchObject({ name: 'resumed', attrs: { previd: id, h: '1' } });
  return client;
}

it.each<[RawTransport, RawTransport]>([
  ['tcp', 'websocket'],
  ['websocket', 'tcp'],
])('a session of %s goes on over %s, and back', async (first, other) => {
  let juliet: RawClient = await connectRaw(first, server);
  const jid = await juliet.logIn('juliet', 'secret', 'balcony');
  juliet.send(`<enable ${SM} resume='true'/>`);
  const { id = '' } = (await juliet.find('enabled')).attrs;
  juliet.send(`<presence ${CLIENT}/>`);
  expect(await juliet.find('presence')).toMatchObject({ attrs: { from: jid } });
  let handled = 1;

  for (const [lost, next] of [
    [first, other],
    [other, first],
  ] as const) {
    // One that it got and did not acknowledge, one that came when it was away.
    await tell(`seen on ${lost}`);
    expect(await juliet.find('message')).toMatchObject({ attrs: { id: `seen on ${lost}` } });
    juliet.destroy();
    await tell(`after ${lost}`);
    juliet = await resume(next, id, handled);
    for (const expected of [`seen on ${lost}`, `after ${lost}`]) {
      expect(await juliet.find('message')).toMatchObject({ attrs: { id: expected } });
      handled++;
    }
  }
  // Nothing twice; and she is who she was.
  expect((await juliet.ping()).filter(({ name }) => name === 'message')).toEqual([]);
  const sessions = server.host.sessions.of(server.host.userJid('juliet'));
  expect(sessions.map((session) => `${session.jid} ${session.connection.peer.transport}`)).toEqual([`${jid} ${first}`]);
  expect(events).toEqual(['session:detached', 'session:resumed', 'session:detached', 'session:resumed']);
});
