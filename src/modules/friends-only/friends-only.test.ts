import { beforeEach, expect, it } from 'vitest';
import { Jid, message, NS_CLIENT, ns, type StanzaOutcome } from '#core';
import offline from '#modules/offline';
import presence from '#modules/presence';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';
import friendsOnly from './index.ts';

let host: TestHost;
let romeo: TestClient;
let juliet: TestClient;

beforeEach(async () => {
  host = await TestHost.start([roster, presence, offline, friendsOnly], ['romeo', 'juliet', 'tybalt']);
  romeo = await host.logIn('romeo', 'orchard');
  juliet = await host.logIn('juliet', 'balcony');
});

const say = (to: string, type = 'chat') => `<message to='${to}' type='${type}' id='m'><body>hi</body></message>`;

async function befriend(): Promise<void> {
  await romeo.ask("<presence type='subscribe' to='juliet@example.com'/>");
  await juliet.ask("<presence type='subscribed' to='romeo@example.com'/>");
  romeo.take();
  juliet.take();
}

it.each([
  'juliet@example.com',
  'juliet@example.com/balcony',
  'juliet@example.com/gone',
  'tybalt@example.com',
  'nobody@example.com',
])('a message of a stranger to %s is dropped, and he is told nothing', async (to) => {
  for (const type of ['chat', 'normal', 'headline', 'groupchat']) expect(await romeo.ask(say(to, type))).toEqual([]);
  expect(juliet.take()).toEqual([]);
  expect((await host.logIn('tybalt', 'x')).take()).toEqual([]);
});

it('who asks to be told what became of it is told what the others are', async () => {
  const told: string[] = [];
  const outcome: StanzaOutcome = {
    copied() {},
    taken: () => void told.push('taken'),
    refused: ({ condition }) => void told.push(condition),
  };
  const text = message({ type: 'chat', to: Jid.parse('juliet@example.com') }, ns(NS_CLIENT)('body', {}, 'hi'));
  romeo.session.receive(text, outcome);
  await settled();
  await befriend();
  romeo.session.receive(text, outcome);
  await settled();
  expect(told).toEqual(['taken', 'taken']);
  expect(juliet.take()).toHaveLength(1);
});

it('one direction of a subscription makes friends of both, until it ends', async () => {
  await befriend();
  await romeo.ask(say('juliet@example.com'));
  expect(juliet.take()).toEqual([expect.stringContaining('<body>hi</body>')]);
  await juliet.ask(say('romeo@example.com'));
  expect(romeo.take()).toEqual([expect.stringContaining('<body>hi</body>')]);
  await juliet.ask("<presence type='unsubscribed' to='romeo@example.com'/>");
  juliet.take();
  await romeo.ask(say('juliet@example.com'));
  expect(juliet.take()).toEqual([]);
});

it('a request for a subscription comes through, and so does an error', async () => {
  await romeo.ask(
    "<presence type='subscribe' to='juliet@example.com'/>",
    "<message type='error' to='juliet@example.com/balcony' id='e'/>",
  );
  expect(juliet.take()).toHaveLength(2);
});

it('one’s own devices write to each other', async () => {
  const other = await host.logIn('romeo', 'street');
  await romeo.ask(say('romeo@example.com/street'));
  expect(other.take()).toHaveLength(1);
});

it('servers, services of ours, and who was shown directed presence are no strangers', async () => {
  host.host.addService('rooms.example.com', host.host.stores, host.host.log);
  const from = async (text: string) => {
    const addresses = { from: Jid.parse(text), to: Jid.parse('juliet@example.com'), type: 'normal' as const };
    await host.router.route(message(addresses, ns(NS_CLIENT)('body', {}, 'hi')));
    await settled();
    return juliet.take().length;
  };
  expect(await from('example.com')).toBe(1);
  expect(await from('example.net')).toBe(1);
  expect(await from('verona@rooms.example.com/romeo')).toBe(1);
  expect(await from('verona@rooms.example.net/romeo')).toBe(0);
  juliet.send("<presence to='verona@rooms.example.net/juliet'/>");
  await settled();
  juliet.take();
  expect(await from('verona@rooms.example.net/romeo')).toBe(1);
});
