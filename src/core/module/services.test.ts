import { expect, test } from 'vitest';
import { defineModule, message, ns } from '#core';
import disco from '#modules/disco';
import ping from '#modules/ping';
import roster from '#modules/roster';
import { TestHost } from '../../../test/support/test-host.ts';

const info = ns('http://jabber.org/protocol/disco#info');
const items = ns('http://jabber.org/protocol/disco#items');

const echo = defineModule({
  name: 'echo',
  hosts: 'service',
  requires: [disco, roster],
  setup(host) {
    host.identity({ category: 'automation', type: 'translation' }, 'host');
    host.handle('host:arrived', ({ stanza }) => {
      if (stanza.name !== 'message' || stanza.to?.local === '') return false;
      host.route(message({ from: stanza.to, to: stanza.from, id: 'echo' }));
      return true;
    });
  },
});

const start = () => TestHost.start([roster, disco, ping, echo], ['romeo']);

test('a service is on a domain of its own, which the host of its users lists', async () => {
  const server = await start();
  const romeo = server.connect('romeo', 'orchard');
  const listed = await romeo.request('get', items('query'), 'example.com');
  expect(listed.payload?.elements('item').map((item) => item.attr('jid'))).toEqual(['echo.example.com']);
});

test('a service says what it is, and has the modules that go anywhere', async () => {
  const server = await start();
  const romeo = server.connect('romeo', 'orchard');
  const answer = await romeo.request('get', info('query'), 'echo.example.com');
  expect(answer.payload?.elements('identity').map((identity) => identity.attr('category'))).toEqual(['automation']);
  expect(answer.payload?.elements('feature').map((feature) => feature.attr('var'))).toContain('urn:xmpp:ping');
  const none = await romeo.request('get', items('query'), 'echo.example.com');
  expect(none.payload?.elements('item')).toEqual([]);
});

test('a service takes what is sent to addresses of its domain', async () => {
  const server = await start();
  const romeo = server.connect('romeo', 'orchard');
  romeo.send("<message to='anybody@echo.example.com'><body>hi</body></message>");
  expect(romeo.takeStanzas().map(({ from, id }) => `${from} ${id}`)).toEqual(['anybody@echo.example.com echo']);
});

test('nobody logs in to a service', async () => {
  const server = await start();
  expect(server.router.host('echo.example.com')?.isService).toBe(true);
  expect(server.router.usersHost('echo.example.com')).toBeUndefined();
  await expect(server.router.host('echo.example.com')?.createAccount('romeo', 'secret')).rejects.toMatchObject({
    condition: 'not-allowed',
  });
});
