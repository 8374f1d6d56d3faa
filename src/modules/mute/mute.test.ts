import { beforeEach, expect, it } from 'vitest';
import { createMemoryStorage, type Stores } from '#core';
import { type TestClient, TestHost } from '../../../test/support/test-host.ts';
import mute from './index.ts';

let stores: Stores;
let host: TestHost;
let romeo: TestClient;
let juliet: TestClient;

beforeEach(async () => {
  stores = createMemoryStorage().stores('example.com');
  host = await TestHost.start([mute], ['romeo', 'juliet'], 'example.com', stores);
  romeo = host.connect('romeo', 'orchard');
  juliet = host.connect('juliet', 'balcony');
});

const SAY = "<message to='juliet@example.com/balcony' type='chat' id='m'><body>Juliet</body></message>";

it('refuses messages of a muted account with the time and the reason, and nothing else of it', async () => {
  const until = '2026-01-01T00:15:00.000Z';
  expect(await host.commands.run('user.mute', { jid: 'romeo@example.com', until: '15m', reason: 'spam' })).toEqual({
    jid: 'romeo@example.com',
    until,
  });
  const [refused] = await romeo.ask(SAY);
  expect(refused).toContain('<error type="wait"><policy-violation');
  expect(refused).toContain(`you are muted until ${until}: spam`);
  expect(juliet.take()).toEqual([]);
  await romeo.ask(
    "<presence to='juliet@example.com/balcony'/>",
    "<message type='error' to='juliet@example.com/balcony'/>",
  );
  expect(juliet.take()).toHaveLength(2);
  await juliet.ask(SAY);
  expect(juliet.take()).toEqual([]);
});

it('holds for sessions that begin later and after a restart, and ends by the clock', async () => {
  await host.commands.run('user.mute', { jid: 'romeo@example.com', until: '1h' });
  romeo.session.close();
  const again = host.connect('romeo', 'again');
  expect((await again.ask(SAY))[0]).toContain('you are muted until');
  host.clock.advance(3_599_999);
  expect((await again.ask(SAY))[0]).toContain('you are muted until');
  const restarted = await TestHost.start([mute], [], 'example.com', stores);
  expect((await restarted.connect('romeo', 'orchard').ask(SAY))[0]).toContain('you are muted until');
  host.clock.advance(1);
  expect(await again.ask(SAY)).toEqual([]);
  expect(juliet.take()).toHaveLength(1);
});

it('holds in one place only, where that is wished', async () => {
  const where = 'juliet@example.com';
  await host.commands.run('user.mute', { jid: 'romeo@example.com', until: '1h', where });
  expect((await romeo.ask(SAY))[0]).toContain('you are muted in juliet@example.com until');
  const other = host.connect('romeo', 'other');
  await romeo.ask("<message to='romeo@example.com/other' type='chat'><body>here</body></message>");
  expect(other.take()).toHaveLength(1);
  await expect(host.commands.run('user.unmute', { jid: 'romeo@example.com' })).rejects.toMatchObject({
    condition: 'item-not-found',
  });
  await host.commands.run('user.unmute', { jid: 'romeo@example.com', where });
  expect(await romeo.ask(SAY)).toEqual([]);
});

it('is taken back, once', async () => {
  const jid = 'romeo@example.com';
  await host.commands.run('user.mute', { jid, until: '1h' });
  expect(await host.commands.run('user.unmute', { jid })).toEqual({ jid });
  expect(await romeo.ask(SAY)).toEqual([]);
  await expect(host.commands.run('user.unmute', { jid })).rejects.toMatchObject({ condition: 'item-not-found' });
});

it('goes with the account', async () => {
  await host.commands.run('user.mute', { jid: 'romeo@example.com', until: '1h' });
  await host.host.deleteAccount('romeo');
  await host.host.createAccount('romeo', 'secret');
  expect(await host.connect('romeo', 'orchard').ask(SAY)).toEqual([]);
});

it.each([
  [{ jid: 'nobody@example.com', until: '1h' }, 'item-not-found'],
  [{ jid: 'a b@example.com', until: '1h' }, 'jid-malformed'],
  [{ jid: 'romeo@example.com', until: 'soon' }, 'bad-request'],
  [{ jid: 'romeo@example.com', until: '2025-01-01T00:00:00Z' }, 'bad-request'],
])('refuses %j', async (input, condition) => {
  await expect(host.commands.run('user.mute', input)).rejects.toMatchObject({ condition });
});
