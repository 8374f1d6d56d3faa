import { beforeEach, expect, it } from 'vitest';
import disco from '#modules/disco';
import muc from '#modules/muc';
import roster from '#modules/roster';
import { settled, type TestClient, TestHost } from '../../../test/support/test-host.ts';

let host: TestHost;
let romeo: TestClient;
let juliet: TestClient;

const enter = (room: string, nick: string) =>
  `<presence to='${room}@conference.example.com/${nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>`;
const instantly = (room: string) =>
  `<iq type='set' id='${room}' to='${room}@conference.example.com'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query></iq>`;

beforeEach(async () => {
  host = await TestHost.start([roster, disco, muc], ['romeo', 'juliet']);
  romeo = host.connect('romeo', 'orchard');
  juliet = host.connect('juliet', 'balcony');
  for (const room of ['a', 'b', 'c']) await romeo.ask(enter(room, 'Romeo'), instantly(room));
  await juliet.ask(enter('b', 'Juliet'));
  for (const client of [romeo, juliet]) client.take();
});

it('lists the rooms with somebody in them, page by page, and the largest', async () => {
  const room = (name: string, occupants = 1) => ({ jid: `${name}@conference.example.com`, occupants });
  const first = await host.commands.run('room.list', { limit: 2 });
  expect(first).toEqual({ rooms: [room('a'), room('b', 2)], more: true });
  const after = 'b@conference.example.com';
  expect(await host.commands.run('room.list', { after })).toEqual({ rooms: [room('c')], more: false });
  expect(await host.commands.run('room.top', { limit: 2 })).toEqual({ rooms: [room('b', 2), room('a')] });
});

it('says something in the name of a room, which is in its history', async () => {
  expect(await host.commands.run('room.say', { room: 'b', body: 'Closing soon' })).toEqual({
    jid: 'b@conference.example.com',
    occupants: 2,
  });
  const said = expect.stringMatching(/^<message type="groupchat" from="b@conference.example.com".*Closing soon/);
  expect(romeo.take()).toEqual([said]);
  expect(juliet.take()).toEqual([said]);
  const late = host.connect('juliet', 'late');
  late.send(enter('b', 'Juliet'));
  await settled();
  expect(late.take()).toContainEqual(expect.stringContaining('Closing soon'));
  await expect(host.commands.run('room.say', { room: 'none', body: 'x' })).rejects.toMatchObject({
    condition: 'item-not-found',
  });
});

it('finds the room by its name as people write it', async () => {
  expect(await host.commands.run('room.say', { room: 'B', body: 'x' })).toMatchObject({ occupants: 2 });
  await expect(host.commands.run('room.say', { room: 'b@x', body: 'x' })).rejects.toMatchObject({
    condition: 'jid-malformed',
  });
});
