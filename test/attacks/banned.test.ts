/** A banned account stays out by every way to log in, learns why, and comes back when the time is over */
import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Mechanism } from '#core';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { ManualClock } from '../support/manual-clock.ts';

const clock = new ManualClock();
let server: TestServer;

beforeAll(async () => {
  server = await createTestServer({ clock, config: { auth: { plain_without_tls: true } } });
  await server.addUser('romeo', 'secret');
});
afterAll(() => server.stop());

/** What a mechanism makes of one message. */
async function attempt(mechanism: Mechanism | undefined, response: Uint8Array): Promise<unknown> {
  const exchange = mechanism?.start({
    accounts: server.host.accounts,
    domain: server.domain,
    address: '192.0.2.1',
    secure: true,
    channelBindings: [],
    channelBinding: () => undefined,
    certificateJids: [],
    mechanisms: [],
    token: { agent: 'phone', count: undefined },
  });
  try {
    return await exchange?.step(response);
  } catch (error) {
    return error;
  }
}

function logIn(password = 'secret'): Promise<unknown> {
  const plain = server.host.mechanisms.find(({ name }) => name === 'PLAIN');
  return attempt(plain, Buffer.from(`\0romeo\0${password}`));
}

it('is refused with the time and the reason, once the password was right', async () => {
  const jid = `romeo@${server.domain}`;
  expect(await logIn()).toMatchObject({ username: 'romeo' });
  const until = new Date(clock.now() + 3_600_000).toISOString();
  expect(await server.commands.run('user.ban', { jid, until: '1h', reason: 'cheating' })).toEqual({ jid, until });
  expect(await logIn()).toMatchObject({ condition: 'account-disabled', text: `banned until ${until}: cheating` });
  expect(await logIn('wrong')).toMatchObject({ condition: 'not-authorized' });
});

it('comes back by the clock, or when the ban is lifted', async () => {
  const jid = `romeo@${server.domain}`;
  clock.advance(3_599_999);
  expect(await logIn()).toMatchObject({ condition: 'account-disabled' });
  clock.advance(1);
  expect(await logIn()).toMatchObject({ username: 'romeo' });
  await expect(server.commands.run('user.unban', { jid })).rejects.toMatchObject({ condition: 'item-not-found' });
  await server.commands.run('user.ban', { jid, until: '1h' });
  expect(await logIn()).toMatchObject({ condition: 'account-disabled' });
  expect(await server.commands.run('user.unban', { jid })).toEqual({ jid });
  expect(await logIn()).toMatchObject({ username: 'romeo' });
});

it('is refused with a token as well (XEP-0484)', async () => {
  const jid = `romeo@${server.domain}`;
  const { tokens, mechanisms } = server.host.fast ?? {};
  const mechanism = 'HT-SHA-256-NONE';
  const issued = await tokens?.issue({ username: 'romeo', agent: 'phone', mechanism }, tokens.generation);
  const proof = createHmac('sha256', issued?.secret ?? '')
    .update('Initiator')
    .digest();
  const withToken = () =>
    attempt(
      mechanisms?.find(({ name }) => name === mechanism),
      Buffer.concat([Buffer.from('romeo\0'), proof]),
    );
  expect(await withToken()).toMatchObject({ username: 'romeo' });
  await server.commands.run('user.ban', { jid, until: '1h' });
  expect(await withToken()).toMatchObject({ condition: 'account-disabled' });
});
