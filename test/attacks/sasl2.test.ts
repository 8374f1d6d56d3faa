/** XEP-0388, XEP-0386: logins by SASL2 that must not work, at the wire */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Jid } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { childNamed, elements, printXml, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import { type LogLine, quietLog } from '../support/quiet-log.ts';
import { base64, connectRaw, NS_SASL2, type RawClient, type RawTransport } from '../support/raw-client.ts';
import { scramFinal } from '../support/scram-client.ts';

const NS_BIND2 = 'urn:xmpp:bind:0';
const BIND = `<bind xmlns='${NS_BIND2}'/>`;
const AGENT = `<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>`;
const PLAIN_OF_ALICE = base64('\0alice\0secret');
const FIRST = 'n=alice,r=client-nonce';
const ADDRESS = { address: '127.0.0.1', port: 0 };

let server: TestServer;
const lines: LogLine[] = [];
const open: RawClient[] = [];

beforeAll(async () => {
  server = await createTestServer({
    log: quietLog(lines),
    config: {
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
        { transport: 'websocket', ...ADDRESS },
        { transport: 'tcp', ...ADDRESS, tls: 'optional' },
      ],
      auth: { plain_without_tls: true, anonymous: true },
      limits: { failed_logins: 100_000, sessions_per_account: 2, stanza_bytes_before_login: 4_000 },
    },
  });
  await server.addUser('bob', 'secret');
});
beforeEach(() => server.addUser('alice', 'secret'));
afterAll(() => server.stop());
afterEach(async () => {
  for (const client of open.splice(0)) client.destroy();
  await server.host.deleteAccount('alice');
  expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  lines.length = 0;
});

async function connect(transport: RawTransport, from?: string): Promise<RawClient> {
  const client = await connectRaw(transport, server);
  open.push(client);
  await client.features(undefined, from);
  return client;
}

/** The condition of the <failure/> that comes next. */
async function failure(client: RawClient): Promise<string> {
  const node = await client.next();
  expect(node).toMatchObject({ name: 'failure', ns: NS_SASL2 });
  return elements(node)[0]?.name ?? '';
}

async function challenged(client: RawClient, more = ''): Promise<string> {
  client.authenticate('SCRAM-SHA-256', base64(`n,,${FIRST}`), more);
  return (await client.outcome()).challenge ?? '';
}

const final = (serverFirst: string) =>
  base64(scramFinal({ hash: 'SHA-256', password: 'secret', bare: FIRST, serverFirst }).message);

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('the authorization identity of another is refused', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', base64('bob@localhost\0alice\0secret'), BIND);
    expect(await failure(client)).toBe('invalid-authzid');
    expect(server.host.sessions.size).toBe(0);
  });

  it('who opened the stream as another is refused, with the right password too', async () => {
    const client = await connect(transport, 'bob@localhost');
    client.authenticate('PLAIN', PLAIN_OF_ALICE, BIND);
    expect(await failure(client)).toBe('invalid-authzid');
    expect(server.host.sessions.size).toBe(0);
  });

  it('who opened the stream as himself is let in', async () => {
    const client = await connect(transport, 'alice@localhost/balcony');
    client.authenticate('PLAIN', PLAIN_OF_ALICE, BIND);
    expect((await client.next()).name).toBe('success');
  });

  it.each([
    ['no UUID', 'my phone'],
    ['a UUID of another version', 'd4565fa7-4d72-1749-b3d3-740edbf87770'],
    ['a UUID and more', 'd4565fa7-4d72-4749-b3d3-740edbf87770-'],
  ])('the id of a user agent that is %s is refused', async (_, id) => {
    const client = await connect(transport);
    client.authenticate('PLAIN', PLAIN_OF_ALICE, `<user-agent id='${id}'/>`);
    expect(await failure(client)).toBe('malformed-request');
  });

  it.each([
    ['no base64', 'not base64!'],
    ['the = of the other profile', '='],
    ['base64 without its padding', PLAIN_OF_ALICE.replaceAll('=', '')],
  ])('an initial response that is %s is refused', async (_, initial) => {
    const client = await connect(transport);
    client.authenticate('PLAIN', initial);
    expect(await failure(client)).toBe('incorrect-encoding');
  });

  it('white space around the data is no fault', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', `\n  ${PLAIN_OF_ALICE}\n`);
    expect((await client.next()).name).toBe('success');
  });

  it('an empty initial response is one, and no message of SCRAM', async () => {
    const client = await connect(transport);
    client.authenticate('SCRAM-SHA-256', '');
    expect(await failure(client)).toBe('malformed-request');
  });

  it('a response when nothing was asked is refused', async () => {
    const client = await connect(transport);
    client.respond2(PLAIN_OF_ALICE);
    expect(await failure(client)).toBe('malformed-request');
  });

  it('a second login inside of one ends the stream', async () => {
    const client = await connect(transport);
    await challenged(client);
    client.authenticate('PLAIN', PLAIN_OF_ALICE);
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('an element the profile does not have ends the stream', async () => {
    const client = await connect(transport);
    client.send(`<success xmlns='${NS_SASL2}'/>`);
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a login by SASL2 cannot be finished in the profile of RFC 6120', async () => {
    const client = await connect(transport);
    client.respond(final(await challenged(client)));
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('a login in the profile of RFC 6120 cannot be finished by SASL2', async () => {
    const client = await connect(transport);
    client.auth('SCRAM-SHA-256', base64(`n,,${FIRST}`));
    client.respond2(final((await client.outcome()).challenge ?? ''));
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('what fails in the two profiles is counted together', async () => {
    const client = await connect(transport);
    const wrong = base64('\0alice\0wrong');
    for (let round = 0; round < 5; round++) {
      if (round % 2 === 0) client.authenticate('PLAIN', wrong);
      else client.auth('PLAIN', wrong);
      expect((await client.next()).name).toBe('failure');
    }
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('nothing that was asked for inline happens in a login that fails', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', base64('\0alice\0wrong'), `${AGENT}${BIND}`);
    expect(await failure(client)).toBe('not-authorized');
    expect(server.host.sessions.size).toBe(0);
  });

  it('what was asked for in a login that failed is not done by the next', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', base64('\0alice\0wrong'), `${AGENT}${BIND}`);
    expect(await failure(client)).toBe('not-authorized');
    client.authenticate('PLAIN', PLAIN_OF_ALICE);
    const success = await client.next();
    expect(printXml(success, NS_SASL2)).toBe(
      '<success><authorization-identifier>alice@localhost</authorization-identifier></success>',
    );
    expect(server.host.sessions.size).toBe(0);
  });

  it('an account that is disabled while its login runs is not let in', async () => {
    const client = await connect(transport);
    const response = final(await challenged(client, BIND));
    await server.host.accounts.setDisabled('alice', true);
    client.respond2(response);
    expect(await failure(client)).toBe('not-authorized');
    expect(server.host.sessions.size).toBe(0);
  });

  it('an account that was deleted between login and bind gets no session', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', PLAIN_OF_ALICE);
    await client.find('features');
    await server.host.deleteAccount('alice');
    client.send("<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
    expect(await client.streamError()).toBe('not-authorized');
    await server.addUser('alice', 'secret');
  });

  it('the limit of sessions holds for Bind 2, and the login fails for now', async () => {
    for (const _ of [1, 2]) {
      const client = await connect(transport);
      client.authenticate('PLAIN', PLAIN_OF_ALICE, BIND);
      await client.find('features');
    }
    const third = await connect(transport);
    third.authenticate('PLAIN', PLAIN_OF_ALICE, BIND);
    expect(await failure(third)).toBe('temporary-auth-failure');
    expect(server.host.sessions.size).toBe(2);
  });

  it('a client that comes again takes the place of its earlier session in that limit', async () => {
    for (const _ of [1, 2, 3]) {
      const client = await connect(transport);
      client.authenticate('PLAIN', PLAIN_OF_ALICE, `${AGENT}${BIND}`);
      expect((await client.next()).name).toBe('success');
    }
    expect(server.host.sessions.size).toBe(1);
  });

  it('the resource of a client is made by the server, and is another for another account', async () => {
    const resources = [];
    for (const name of ['alice', 'bob']) {
      const client = await connect(transport);
      client.authenticate('PLAIN', base64(`\0${name}\0secret`), `${AGENT}${BIND}`);
      const [identifier] = elements(await client.next());
      resources.push(/\/(.*)<\/authorization-identifier>$/.exec(printXml(identifier as XmlNode, NS_SASL2))?.[1] ?? '');
    }
    const [first = '', second = ''] = resources;
    expect(first).toMatch(/^[\w-]{12}$/);
    expect(second).toMatch(/^[\w-]{12}$/);
    expect(second).not.toBe(first);
  });

  it.each(['mechanisms', 'authentication'])('SCRAM of either profile says what was offered in <%s/>', async (name) => {
    const client = await connectRaw(transport, server);
    open.push(client);
    const offer = childNamed(await client.features(), name) as XmlNode;
    const mechanisms = elements(offer).filter((node) => node.name === 'mechanism');
    const text = mechanisms.map(textOf).sort().join('\x1e');
    if (name === 'mechanisms') client.auth('SCRAM-SHA-256', base64(`n,,${FIRST}`));
    else client.authenticate('SCRAM-SHA-256', base64(`n,,${FIRST}`));
    const [, hash] = /,h=([^,]+)$/.exec((await client.outcome()).challenge ?? '') ?? [];
    expect(hash).toBe(createHash('sha256').update(text).digest('base64'));
  });

  it('a login that is too big ends the stream', async () => {
    const client = await connect(transport);
    client.authenticate('PLAIN', PLAIN_OF_ALICE, `<user-agent><device>${'x'.repeat(4_000)}</device></user-agent>`);
    expect(await client.streamError()).toBe('policy-violation');
  });

  it('an anonymous account of a login that fails in the end is gone', async () => {
    const deleted = new Promise<string>((resolve) => {
      const forget = server.host.hooks.add('account:deleted', 'observe', (event: object) => {
        forget();
        if ('user' in event && event.user instanceof Jid) resolve(event.user.local);
      });
    });
    const client = await connect(transport);
    client.authenticate('ANONYMOUS', undefined, `<bind xmlns='${NS_BIND2}'><tag>${'x'.repeat(1_020)}</tag></bind>`);
    expect(await failure(client)).toBe('malformed-request');
    expect(await server.host.accounts.exists(await deleted)).toBe(false);
  });
});

describe('where TLS can be negotiated', () => {
  it('SASL2 is neither offered nor taken before it', async () => {
    const port = server.listeners[2]?.port ?? 0;
    const client = await connectRaw('tcp', { port: () => port });
    open.push(client);
    const features = await client.features();
    expect(elements(features).map(({ name }) => name)).toContain('mechanisms');
    expect(elements(features).map(({ name }) => name)).not.toContain('authentication');
    client.authenticate('PLAIN', PLAIN_OF_ALICE);
    expect(await failure(client)).toBe('encryption-required');
  });
});
