import { afterEach, expect, it } from 'vitest';
import { type ClientSession, defineModule, type Element, iq, type Module, ns } from '#core';
import { elements, printXml } from '../../../test/scenarios/runner/xml.ts';
import { base64, NS_SASL2, RawTcpClient } from '../../../test/support/raw-client.ts';
import { definePlugin } from '../../plugin.ts';
import { createTestServer, type TestServer } from '../../testing.ts';

const NS_LAMP = 'urn:example:lamp';
const lamp = ns(NS_LAMP);
const AGENT = "<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'><device>Phone</device></user-agent>";

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(setup: Module<'lamp', Record<string, never>, void>['setup']): Promise<TestServer> {
  const server = await createTestServer({
    plugins: [definePlugin({ name: 'test', modules: [defineModule({ name: 'lamp', setup })] })],
    config: {
      hosts: { localhost: { modules: { ping: {}, lamp: {} } } },
      listeners: [{ transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'off' }],
      auth: { plain_without_tls: true },
    },
  });
  undo.push(() => server.stop());
  await server.addUser('alice', 'secret');
  return server;
}

async function logIn(server: TestServer, more: string): Promise<RawTcpClient> {
  const client = await RawTcpClient.connect(server.port('tcp'));
  undo.push(() => client.destroy());
  await client.features();
  client.authenticate('PLAIN', base64('\0alice\0secret'), more);
  return client;
}

const bindWith = (...requests: string[]) => `<bind xmlns='urn:xmpp:bind:0'>${requests.join('')}</bind>`;

it('announces what modules negotiate inline, and puts their answers into <bound/>', async () => {
  const seen: (string | undefined)[] = [];
  const server = await start((host) => {
    host.inlineBind(NS_LAMP, (_, request) => {
      seen.push(request?.name);
      return request && lamp('lit');
    });
    host.inlineBind('urn:example:silent', () => undefined);
  });
  const client = await RawTcpClient.connect(server.port('tcp'));
  undo.push(() => client.destroy());
  expect(printXml(await client.features())).toContain(
    `<bind xmlns='urn:xmpp:bind:0'><inline><feature var='${NS_LAMP}'/><feature var='urn:example:silent'/></inline></bind>`,
  );
  const bound = async (more: string) => elements(await (await logIn(server, more)).next())[1];
  expect(await bound(bindWith(`<on xmlns='${NS_LAMP}'/>`))).toMatchObject({ children: [{ name: 'lit', ns: NS_LAMP }] });
  expect(await bound(bindWith("<on xmlns='urn:example:unknown'/>"))).toMatchObject({ name: 'bound', children: [] });
  expect(seen).toEqual(['on', undefined]);
});

it('a session knows the client it is for, and that Bind 2 made it', async () => {
  const bound: ClientSession[] = [];
  const server = await start((host) => host.observe('session:bound', ({ session }) => void bound.push(session)));
  await (await logIn(server, AGENT + bindWith())).find('features');
  expect(bound[0]).toMatchObject({
    bind2: true,
    userAgent: { id: 'd4565fa7-4d72-4749-b3d3-740edbf87770', software: undefined, device: 'Phone' },
  });
});

it('a resource that is bound after SASL2 is that of the client as well', async () => {
  const bound: ClientSession[] = [];
  const server = await start((host) => host.observe('session:bound', ({ session }) => void bound.push(session)));
  const client = await logIn(server, AGENT);
  await client.find('features');
  client.send("<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>");
  await client.find('iq');
  expect(bound[0]).toMatchObject({ bind2: false, userAgent: { device: 'Phone' } });
});

/** A module that lets a login wait until it is told to `go`; what it waits with is handed to `waiting`. */
function slowModule(waiting: (session: ClientSession) => void) {
  let go = (): void => {};
  const until = new Promise<void>((resolve) => {
    go = resolve;
  });
  const setup: Module<'lamp', Record<string, never>, void>['setup'] = (host) =>
    host.inlineBind(NS_LAMP, async (session): Promise<Element> => {
      waiting(session);
      await until;
      return lamp('lit');
    });
  return { setup, go: () => go() };
}

it('delivers nothing before <bound/>, and then what came meanwhile', async () => {
  const slow = slowModule((session) => {
    session.deliver(iq({ type: 'get', id: 'early', from: session.host.domain, to: session.jid }, lamp('query')));
    slow.go();
  });
  const client = await logIn(await start(slow.setup), bindWith());
  expect([(await client.next()).name, (await client.next()).name]).toEqual(['success', 'features']);
  expect(await client.next()).toMatchObject({ name: 'iq', attrs: { id: 'early' } });
});

it('works off what the client sends too early after the login, in order', async () => {
  const slow = slowModule(() => slow.go());
  const server = await start(slow.setup);
  const client = await RawTcpClient.connect(server.port('tcp'));
  undo.push(() => client.destroy());
  await client.features();
  const ping = (id: string) => `<iq type='get' id='${id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`;
  client.send(
    `<authenticate xmlns='${NS_SASL2}' mechanism='PLAIN'><initial-response>${base64('\0alice\0secret')}</initial-response>` +
      `${bindWith()}</authenticate>${ping('1')}${ping('2')}`,
  );
  const names = [];
  for (let count = 0; count < 4; count++) {
    const { name, attrs } = await client.next();
    names.push(name === 'iq' ? attrs.id : name);
  }
  expect(names).toEqual(['success', 'features', '1', '2']);
});

it('a client that is gone before it is bound leaves no session', async () => {
  let closed = (): void => {};
  const ended = new Promise<void>((resolve) => {
    closed = resolve;
  });
  const slow = slowModule(() => client.destroy());
  const server = await start((host) => {
    host.observe('session:closed', closed);
    return slow.setup(host);
  });
  const client = await logIn(server, bindWith());
  await client.closed;
  slow.go();
  await ended;
  expect(server.host.sessions.size).toBe(0);
});

it('a session that is ended before it is bound ends its connection', async () => {
  const slow = slowModule((session) => {
    session.close();
    slow.go();
  });
  const server = await start(slow.setup);
  const client = await logIn(server, bindWith());
  expect((await client.next()).name).toBe('end');
  await client.closed;
  expect(server.host.sessions.size).toBe(0);
});

it('a session that is ended before it is bound is turned on nothing any more', async () => {
  const asked: string[] = [];
  const client = await logIn(
    await start((host) => {
      host.inlineBind(NS_LAMP, async (session) => {
        session.close();
        return undefined;
      });
      host.inlineBind('urn:example:after', (session) => {
        asked.push(`${session.jid}`);
        return undefined;
      });
    }),
    bindWith(),
  );
  expect((await client.next()).name).toBe('end');
  await client.closed;
  expect(asked).toEqual([]);
});

it('a login that fails while it is bound leaves no session', async () => {
  const server = await start((host) => {
    host.inlineBind(NS_LAMP, async () => {
      throw new Error('disk full');
    });
  });
  const client = await logIn(server, bindWith());
  expect(printXml(await client.find('error'))).toContain('internal-server-error');
  await client.closed;
  expect(server.host.sessions.size).toBe(0);
});

it('goes on with an earlier session where a module says so, and binds nothing then', async () => {
  const bound: ClientSession[] = [];
  const rules = { maxStanzas: 10, maxSize: 10_000, askAfter: 10, ask() {}, tell() {} };
  const server = await start((host) => {
    host.observe('session:bound', ({ session }) => {
      bound.push(session);
      session.manage(rules, { id: 'right', patienceMs: 1_000 });
    });
    host.inlineResume({
      offer: lamp('again'),
      request: 'resume',
      premature: lamp('failed'),
      isKnown: (request) => host.resumable(request.attr('id') ?? '') !== undefined,
      resume(_, request, connection) {
        const session = host.resumable(request.attr('id') ?? '');
        if (session === undefined) return { answer: lamp('failed') };
        return { answer: lamp('resumed'), session, replay: () => session.attach(connection) };
      },
    });
  });
  const resume = (id: string) => `<resume xmlns='${NS_LAMP}' id='${id}'/>`;
  const names = async (client: RawTcpClient) => elements(await client.next()).map(({ name }) => name);

  const first = await logIn(server, resume('wrong') + bindWith());
  expect(await names(first)).toEqual(['authorization-identifier', 'failed', 'bound']);
  expect((await first.next()).name).toBe('features');

  const second = await logIn(server, resume('right') + bindWith());
  const success = await second.next();
  expect(elements(success).map(({ name }) => name)).toEqual(['authorization-identifier', 'resumed']);
  expect(printXml(success)).toContain(`>${bound[0]?.jid}</authorization-identifier>`);
  expect(server.host.sessions.size).toBe(1);
  second.send("<iq type='get' id='1' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>");
  // XEP-0198 §6.2: no features, and the stream is the session's.
  expect(await second.next()).toMatchObject({ name: 'iq', attrs: { id: '1' } });
});
