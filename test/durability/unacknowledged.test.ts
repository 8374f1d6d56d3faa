/** XEP-0198 §4: what a session was handed and its client did not acknowledge is there when the server serves again */
import { beforeEach, describe, expect, it } from 'vitest';
import { childNamed, type XmlNode } from '../scenarios/runner/xml.ts';
import { MortalServer } from '../support/mortal-server.ts';
import { base64, RawTcpClient } from '../support/raw-client.ts';

const CLIENT = "xmlns='jabber:client'";
const SM = "xmlns='urn:xmpp:sm:3'";

const configuration = `
listeners: [{transport: tcp, port: 0, address: 127.0.0.1, tls: off}]
auth: {plain_without_tls: true}
log: {level: error}
hosts: {localhost: {modules: {roster: {}, presence: {}, ping: {}, offline: {}, mam: {}, stream-management: {}}}}
`;

const server = new MortalServer();
let port: number;

beforeEach(async () => {
  server.configure(configuration);
  port = await server.serve();
  for (const name of ['juliet', 'romeo']) {
    await server.process.command('user.add', { jid: `${name}@localhost`, password: 'secret' });
  }
});

/** Connected, and managed: resolves with the id for a resumption, too. */
async function logIn(name: string): Promise<{ client: RawTcpClient; id: string }> {
  const client = await RawTcpClient.connect(port);
  await client.logIn(name, 'secret', 'desk');
  client.send(`<enable ${SM} resume='true'/>`);
  return { client, id: (await client.find('enabled')).attrs.id ?? '' };
}

/** Sends messages to juliet with these ids; resolves when the server has acknowledged them. */
async function tell(romeo: RawTcpClient, ...ids: string[]): Promise<void> {
  for (const id of ids)
    romeo.send(`<message type='chat' id='${id}' to='juliet@localhost'><body>${id}</body></message>`);
  romeo.send(`<r ${SM}/>`);
  await romeo.find('a');
}

async function become(client: RawTcpClient): Promise<void> {
  client.send(`<presence ${CLIENT}/>`);
  await client.find('presence');
}

/** The ids of the messages among these elements, and of those that results of the archive bring. */
function messages(nodes: readonly XmlNode[]): (string | undefined)[] {
  return nodes.flatMap((node) => {
    if (node.name !== 'message') return [];
    const result = childNamed(node, 'result');
    const forwarded = result && childNamed(result, 'forwarded');
    return [(forwarded && childNamed(forwarded, 'message'))?.attrs.id ?? node.attrs.id];
  });
}

/** Juliet comes back with a client that reads the archive first, or does not: all the messages that it gets. */
async function comeBack(isReader: boolean): Promise<(string | undefined)[]> {
  const { client } = await logIn('juliet');
  if (isReader) client.send(`<iq ${CLIENT} type='set' id='q'><query xmlns='urn:xmpp:mam:2'/></iq>`);
  client.send(`<presence ${CLIENT}/>`);
  // What she tells herself does not overtake what waits, and is in no archive.
  client.send(
    `<message type='chat' id='last' to='juliet@localhost'><body>last</body><no-permanent-store xmlns='urn:xmpp:hints'/></message>`,
  );
  const got: XmlNode[] = [];
  while (got.at(-1)?.attrs.id !== 'last') {
    const node = await client.next();
    if (['message', 'presence', 'iq'].includes(node.name)) got.push(node);
  }
  client.send(`<a ${SM} h='${got.length}'/>`);
  const late = await client.ping();
  client.destroy();
  return messages([...got.slice(0, -1), ...late]);
}

describe.each<NodeJS.Signals>(['SIGTERM', 'SIGKILL'])('after %s', (signal) => {
  describe.each(['live', 'detached'])('of a %s session', (state) => {
    /** Of three messages juliet has acknowledged the first. Resolves with the id of her session that is no more. */
    async function endWithUnacknowledged(): Promise<string> {
      const [romeo, juliet] = [await logIn('romeo'), await logIn('juliet')];
      await become(juliet.client);
      await tell(romeo.client, 'one', 'two');
      juliet.client.send(`<a ${SM} h='2'/>`);
      await juliet.client.ping();
      if (state === 'detached') juliet.client.destroy();
      await tell(romeo.client, 'three');
      expect(await server.end(signal)).toBe(signal === 'SIGTERM' ? 0 : null);
      port = await server.serve();
      return juliet.id;
    }

    it('the archive has each message once, and none comes beside it', async () => {
      await endWithUnacknowledged();
      expect(await comeBack(true)).toEqual(['one', 'two', 'three']);
      expect(await comeBack(false)).toEqual([]);
      expect(server.process.errors).toBe('');
    });

    it('who does not read the archive gets what the server had time to put aside', async () => {
      const id = await endWithUnacknowledged();
      const juliet = await RawTcpClient.connect(port);
      await juliet.features();
      juliet.auth('PLAIN', base64('\0juliet\0secret'));
      await juliet.outcome();
      await juliet.features();
      juliet.send(`<resume ${SM} previd='${id}' h='2'/>`);
      expect(await juliet.next()).toMatchObject({ name: 'failed', children: [{ name: 'item-not-found' }] });
      juliet.destroy();
      expect(await comeBack(false)).toEqual(signal === 'SIGTERM' ? ['two', 'three'] : []);
      expect(await comeBack(false)).toEqual([]);
    });
  });
});
