/** A group by each way there is to run a command: HTTP, the command line, an ad-hoc command (XEP-0050) */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { openControl } from '../../src/control/index.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { printXml } from '../scenarios/runner/xml.ts';
import { quietLog } from '../support/quiet-log.ts';
import { connectRaw, type RawClient } from '../support/raw-client.ts';

const COMMAND = "xmlns='http://jabber.org/protocol/commands' node='urn:x-tharsis:commands#group.create'";

let server: TestServer;
let directory: string;
let bob: RawClient;

beforeEach(async () => {
  const modules = { roster: {}, presence: {}, disco: {}, muc: {}, commands: { admins: ['alice@localhost'] } };
  server = await createTestServer({ config: { hosts: { localhost: { modules } }, auth: { plain_without_tls: true } } });
  directory = await mkdtemp(join(tmpdir(), 'tharsis-groups-'));
  for (const name of ['alice', 'bob']) await server.addUser(name, 'secret');
  bob = await connectRaw('tcp', server);
  await bob.logIn('bob', 'secret');
  bob.send("<presence xmlns='jabber:client'/>");
  await bob.ping();
});
afterEach(async () => {
  bob.destroy();
  await server.stop();
  await rm(directory, { recursive: true });
});

/** The member is told, and enters. */
async function isMade(jid: string): Promise<void> {
  expect(jid).toMatch(/@conference\.localhost$/);
  const invitation = printXml(await bob.find('message'));
  expect(invitation).toContain(jid);
  expect(invitation).toContain('alice@localhost');
  bob.send(`<presence xmlns='jabber:client' to='${jid}/bob'><x xmlns='http://jabber.org/protocol/muc'/></presence>`);
  expect(printXml(await bob.find('presence'))).toContain('member');
}

it('by HTTP', async () => {
  const { token } = (await server.commands.run('token.create', { scope: ['admin'] })) as { token: string };
  const answer = await fetch(`http://127.0.0.1:${server.port('websocket')}/v1/group/create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Blue Dragons', owner: 'alice@localhost', members: ['bob@localhost'] }),
  });
  expect(answer.status).toBe(200);
  const { jid, members } = (await answer.json()) as { jid: string; members: number };
  expect(members).toBe(2);
  await isMade(jid);
});

it('on the command line', async () => {
  const control = await openControl({ dataDir: directory, commands: server.commands, log: quietLog() });
  const output = new PassThrough({ encoding: 'utf8' });
  const errors = new PassThrough({ encoding: 'utf8' });
  const words = ['group', 'create', 'Blue Dragons', '--owner', 'alice@localhost', '--members', 'bob@localhost'];
  const terminal = { input: Readable.from([]), output, errors };
  expect(await runProgram([...words, '--json', '--data', directory], terminal), String(errors.read())).toBe(0);
  await control.close();
  await isMade((JSON.parse(String(output.read())) as { jid: string }).jid);
});

it('by an ad-hoc command', async () => {
  const alice = await connectRaw('tcp', server);
  await alice.logIn('alice', 'secret');
  alice.send(`<iq xmlns='jabber:client' type='set' id='c1' to='localhost'><command ${COMMAND}/></iq>`);
  const form = printXml(await alice.find('iq'));
  const [, session] = /sessionid='([^']+)'/.exec(form) ?? [];
  const [, formType] = /FORM_TYPE'[^>]*><value>([^<]+)/.exec(form) ?? [];
  const fields = { FORM_TYPE: formType, name: 'Blue Dragons', owner: 'alice@localhost', members: 'bob@localhost' };
  const xml = Object.entries(fields).map(([name, value]) => `<field var='${name}'><value>${value}</value></field>`);
  alice.send(
    `<iq xmlns='jabber:client' type='set' id='c2' to='localhost'><command ${COMMAND} sessionid='${session}'><x xmlns='jabber:x:data' type='submit'>${xml.join('')}</x></command></iq>`,
  );
  const result = printXml(await alice.find('iq'));
  expect(result).toContain('completed');
  await isMade(/[\w-]+@conference\.localhost/.exec(result)?.[0] ?? '');
  alice.destroy();
});
