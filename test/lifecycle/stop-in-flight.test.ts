/** What is under way when a server stops */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Element, message } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { quietLog } from '../support/quiet-log.ts';
import { connectRaw, type RawClient, type RawTransport } from '../support/raw-client.ts';

let dir: string;
let server: TestServer;

async function start(): Promise<void> {
  server = await createTestServer({
    dataDir: dir,
    clock: new ManualClock(),
    log: quietLog(),
    config: {
      auth: { plain_without_tls: true },
      hosts: { localhost: { modules: { roster: {}, ping: {}, register: { per_address_per_hour: 0 } } } },
    },
  });
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-in-flight-'));
  await start();
  await server.addUser('alice', 'secret');
});
afterEach(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});

/** The ids of the results that come before the stream ends. */
async function results(client: RawClient): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const node = await client.next();
    if (node.name === 'error') return ids;
    if (node.attrs.type === 'result') ids.push(node.attrs.id ?? '');
  }
}

describe.each<RawTransport>(['tcp', 'websocket'])('over %s', (transport) => {
  it('everything that was sent to a slow reader arrives, then system-shutdown', async () => {
    const client = await connectRaw(transport, server);
    await client.logIn('alice', 'secret', 'slow');
    const [session] = server.host.sessions.of(server.host.userJid('alice'));
    const body = 'x'.repeat(100_000);
    for (let n = 0; n < 30; n++) {
      session?.deliver(
        message({ id: `${n}`, from: server.host.domain }, new Element('body', 'jabber:client', {}, [body])),
      );
    }
    const stopped = server.stop();
    for (let n = 0; n < 30; n++) expect((await client.find('message')).attrs.id).toBe(`${n}`);
    expect(await client.streamError()).toBe('system-shutdown');
    await stopped;
  });

  it('what is asked at the last moment is stored when it is acknowledged', async () => {
    const client = await connectRaw(transport, server);
    await client.logIn('alice', 'secret', 'last');
    const registrar = await connectRaw(transport, server);
    await registrar.features();
    const set = (id: string, query: string) => `<iq xmlns='jabber:client' type='set' id='${id}'>${query}</iq>`;
    const contacts = Array.from({ length: 20 }, (_, n) => `contact-${n}@example.org`);
    for (const jid of contacts) client.send(set(jid, `<query xmlns='jabber:iq:roster'><item jid='${jid}'/></query>`));
    const names = Array.from({ length: 8 }, (_, n) => `new-${n}`);
    for (const name of names) {
      registrar.send(
        set(name, `<query xmlns='jabber:iq:register'><username>${name}</username><password>x</password></query>`),
      );
    }
    const added = Promise.allSettled(
      names.map((name) => server.commands.run('user.add', { jid: `added-${name}@localhost`, password: 'x' })),
    );
    await client.find('iq');
    await server.stop();
    const told = { contacts: await results(client), accounts: await results(registrar), added: await added };

    await start();
    const roster = await server.host.stores.map('roster').entries('alice');
    expect(told.contacts.filter((jid) => !roster.has(jid))).toEqual([]);
    const accounts = new Set((await server.host.accounts.list()).map(({ username }) => username));
    expect(told.accounts.filter((name) => !accounts.has(name))).toEqual([]);
    const lost = names.filter((name, n) => told.added[n]?.status === 'fulfilled' && !accounts.has(`added-${name}`));
    expect(lost).toEqual([]);
  });
});
