import { expect, test } from 'vitest';
import { ns, StanzaError } from '#core';
import register from '#modules/register';
import { settled, TestHost } from '../../../test/support/test-host.ts';

const query = ns('jabber:iq:register');
const form = (username?: string, password?: string) =>
  query(
    'query',
    {},
    username === undefined ? undefined : query('username', {}, username),
    password === undefined ? undefined : query('password', {}, password),
  );
const removal = query('query', {}, query('remove'));

const refusal = (condition: string) => expect.objectContaining({ condition });

test('before login the form asks for username and password and does not say registered', async () => {
  const server = await TestHost.start([register], []);
  const answer = await server.askBeforeLogin('get', query('query'));
  expect(answer?.elements().map(({ name }) => name)).toEqual(['instructions', 'username', 'password']);
});

test('the stream feature is offered before login only', async () => {
  const { host } = await TestHost.start([register], []);
  const [offer] = host.features.offers({ secure: true, user: undefined });
  expect(offer?.is('register', 'http://jabber.org/features/iq-register')).toBe(true);
  expect(host.features.offers({ secure: true, user: host.userJid('juliet') })).toEqual([]);
});

test('a new account has the prepared name and its password, and the modules are told', async () => {
  const server = await TestHost.start([register], []);
  const created: string[] = [];
  server.host.hooks.add('account:created', 'observe', (event) => {
    created.push(String((event as unknown as { user: unknown }).user));
  });
  expect(await server.askBeforeLogin('set', form('Juliet', 'r0m30'))).toBeUndefined();
  expect(created).toEqual(['juliet@example.com']);
  expect(await server.host.accounts.verifyPassword('juliet', 'r0m30')).toBe(true);
});

test.each([
  ['an existing name', form('romeo', 'x'), 'conflict'],
  ['no name', form(undefined, 'x'), 'not-acceptable'],
  ['no password', form('bill'), 'not-acceptable'],
  ['an empty password', form('bill', ''), 'not-acceptable'],
  ['a name that is no localpart', form('b@ll', 'x'), 'jid-malformed'],
  ['a removal', removal, 'unexpected-request'],
])('before login %s is refused', async (_what, payload, condition) => {
  const server = await TestHost.start([register], ['romeo']);
  await expect(server.askBeforeLogin('set', payload)).rejects.toEqual(refusal(condition));
});

test('an address registers as often in an hour as configured, another address is not counted with it', async () => {
  const server = await TestHost.start([[register, { per_address_per_hour: 2 }]], []);
  await server.askBeforeLogin('set', form('a', 'x'));
  await server.askBeforeLogin('set', form('b', 'x'));
  await expect(server.askBeforeLogin('set', form('c', 'x'))).rejects.toEqual(refusal('resource-constraint'));
  await server.askBeforeLogin('set', form('d', 'x'), '192.0.2.2');
  server.clock.advance(3_600_000);
  await server.askBeforeLogin('set', form('c', 'x'));
});

test('all addresses of one IPv6 /64 are counted as one', async () => {
  const server = await TestHost.start([[register, { per_address_per_hour: 1 }]], []);
  await server.askBeforeLogin('set', form('a', 'x'), '2001:db8::1');
  await expect(server.askBeforeLogin('set', form('b', 'x'), '2001:db8::2')).rejects.toEqual(
    refusal('resource-constraint'),
  );
});

test('after login the account is registered and its password is not told', async () => {
  const romeo = (await TestHost.start([register], ['romeo'])).connect('romeo', 'orchard');
  for (const to of [undefined, 'example.com']) {
    const { payload } = await romeo.request('get', query('query'), to);
    expect(payload?.child('registered')).toBeDefined();
    expect(payload?.childText('username')).toBe('romeo');
    expect(payload?.childText('password')).toBe('');
  }
});

test('the owner changes the password', async () => {
  const server = await TestHost.start([register], ['romeo']);
  const romeo = server.connect('romeo', 'orchard');
  expect((await romeo.request('set', form('romeo', 'new'), 'example.com')).type).toBe('result');
  expect(await server.host.accounts.verifyPassword('romeo', 'new')).toBe(true);
});

test.each([
  ['without a password', form('romeo'), 'bad-request'],
  ['with an empty password', form('romeo', ''), 'bad-request'],
  ['without a name', form(undefined, 'x'), 'bad-request'],
  ['for somebody else', form('juliet', 'x'), 'not-allowed'],
  ['with a removal beside other elements', query('query', {}, query('remove'), query('username')), 'bad-request'],
])('a change %s is refused and the password stays', async (_what, payload, condition) => {
  const server = await TestHost.start([register], ['romeo', 'juliet']);
  const answer = await server.connect('romeo', 'orchard').request('set', payload, 'example.com');
  expect(StanzaError.from(answer).condition).toBe(condition);
  expect(answer.payload?.name).toBe('error');
  expect(await server.host.accounts.verifyPassword('romeo', 'secret')).toBe(true);
  expect(await server.host.accounts.verifyPassword('juliet', 'secret')).toBe(true);
});

test('nobody removes the account of somebody else by addressing it', async () => {
  const server = await TestHost.start([register], ['romeo', 'juliet']);
  const answer = await server.connect('romeo', 'orchard').request('set', removal, 'juliet@example.com');
  expect(StanzaError.from(answer).condition).toBe('forbidden');
  expect(await server.host.accounts.exists('juliet')).toBe(true);
});

test('a removal is confirmed to its sender, then all sessions of the account end with not-authorized', async () => {
  const server = await TestHost.start([register], ['romeo']);
  const [orchard, tomb] = [server.connect('romeo', 'orchard'), server.connect('romeo', 'tomb')];
  const deleted: boolean[] = [];
  server.host.hooks.add('account:deleted', 'observe', () => void deleted.push(true));
  const answer = await orchard.request('set', removal);
  expect(answer.type).toBe('result');
  for (const { closedWith } of [orchard, tomb]) expect(closedWith?.condition).toBe('not-authorized');
  expect(orchard.take()).toHaveLength(1);
  expect(await server.host.accounts.exists('romeo')).toBe(false);
  await settled();
  expect(deleted).toEqual([true]);
});
