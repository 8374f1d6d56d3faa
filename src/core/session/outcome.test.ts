import { beforeEach, describe, expect, it } from 'vitest';
import { defineModule, Message, message, ns, parseStored, type StanzaError, type StanzaOutcome } from '#core';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

const keeper = defineModule({
  name: 'keeper',
  setup(host) {
    host.amend('message:sent', ({ stanza }) => stanza.withChild(ns('urn:example')('kept')));
    host.guard('client:sent', async ({ stanza }) => {
      if (stanza.id === 'slow') await settled();
      if (stanza.id === 'broken') throw new Error('a bug');
      return stanza.id !== 'dropped';
    });
  },
});

let host: TestHost;
let client: TestClient;
let told: string[];
let outcome: StanzaOutcome;

beforeEach(async () => {
  host = await TestHost.start([keeper], ['romeo']);
  client = host.connect('romeo', 'orchard');
  told = [];
  outcome = {
    copied: (own) => told.push(`copied ${own.child('kept', 'urn:example')?.name}`),
    taken: () => told.push('taken'),
    refused: ({ condition }: StanzaError) => told.push(condition),
  };
});

async function send(xml: string): Promise<string[]> {
  client.session.receive(parseStored(xml.replace(/^<\w+/, "$& xmlns='jabber:client'")), outcome);
  await settled();
  return told.splice(0);
}

describe('who waits for what becomes of a stanza', () => {
  it('is told that it went, with the copy of the account before', async () => {
    expect(await send("<message to='romeo@example.com/orchard' id='x'/>")).toEqual(['copied kept', 'taken']);
    expect(client.takeStanzas()).toEqual([expect.any(Message)]);
  });

  it('is told also where it takes time, in the order of the stanzas', async () => {
    const both = [send("<message to='romeo@example.com/orchard' id='slow'/>"), send("<message id='next' to='a@b@c'/>")];
    await Promise.all(both);
    expect((await Promise.all(both)).flat()).toEqual(['copied kept', 'taken', 'jid-malformed']);
  });

  it.each([
    ["<message to='nobody@example.com/x'/>", 'service-unavailable'],
    ["<message to='romeo@example.net'/>", 'remote-server-not-found'],
    ["<message to='a@b@c'/>", 'jid-malformed'],
    ["<iq type='get'/>", 'bad-request'],
    ["<iq type='get' id='i'><query xmlns='urn:example'/></iq>", 'service-unavailable'],
    ["<message id='broken'/>", 'internal-server-error'],
  ])('is told of a refusal of %s, and its client gets no error stanza', async (xml, condition) => {
    expect((await send(xml)).at(-1)).toBe(condition);
    expect(client.take()).toEqual([]);
  });

  it('is told when the session ends before it is looked at, also after that', async () => {
    const sent = ['slow', 'next', 'last'].map((id) => send(`<message to='nobody@example.com' id='${id}'/>`));
    client.session.close();
    const all = await Promise.all([...sent, send('<message/>')]);
    // The first is on its way already.
    expect(all.flat().sort()).toEqual([
      ...[
        'copied kept',
        'recipient-unavailable',
        'recipient-unavailable',
        'recipient-unavailable',
        'service-unavailable',
      ],
    ]);
  });

  it('is told of nothing else where a module drops it in silence', async () => {
    expect(await send("<message id='dropped'/>")).toEqual(['taken']);
  });
});

it('what a link writes as an answer is neither numbered nor kept for an acknowledgement', () => {
  const { session } = client;
  session.manage({ maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} });
  const write = client.connection.write.bind(client.connection);
  Object.assign(client.connection, { write: (stanza: Message) => (stanza.id === 'answer' ? 'answer' : write(stanza)) });
  for (const id of ['answer', 'other']) session.deliver(message({ id }));
  expect(session.management?.unacknowledged.sent).toBe(1);
});
