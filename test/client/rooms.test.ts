/** `tharsis/client` in rooms and groups of a whole server, over TCP and WebSocket */
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Body, type Client, connect } from '../../src/client/node.ts';
import { type MarsServer, startMars } from '../support/mars-server.ts';

const open: Client[] = [];
afterEach(async () => {
  for (const client of open.splice(0)) await client.close();
});

async function game(mars: MarsServer, username: string, more: object = {}): Promise<Client> {
  const client = await connect({
    servers: [`tcp://127.0.0.1:${mars.port}`],
    domain: 'localhost',
    credentials: { username, password: 'secret' },
    ...more,
  });
  open.push(client);
  await client.setPresence();
  return client;
}

const webSocket = (mars: MarsServer) => ({
  servers: [`ws://127.0.0.1:${mars.server.port('websocket')}/xmpp-websocket`],
  WebSocket,
});

/** The next message whose sender has this in his address. */
async function heardFrom(client: Client, sender: string): Promise<Body> {
  for await (const [, envelope] of client.each('message')) if (envelope.from.includes(sender)) return envelope;
  throw new Error('the client was closed');
}

describe('a game', () => {
  it.each<[string, (mars: MarsServer) => object]>([
    ['over TCP', () => ({})],
    ['over WebSocket', webSocket],
  ])('%s makes a room, talks in it, looks after it and reads what was said', async (_, more) => {
    const mars = await startMars();
    const [juliet, romeo] = [await game(mars, 'juliet', more(mars)), await game(mars, 'romeo')];
    const room = 'orchard@conference.localhost';
    expect(await juliet.rooms.join(room)).toMatchObject({ self: { nick: 'juliet', affiliation: 'owner' } });
    await expect(romeo.rooms.join(room)).rejects.toMatchObject({ condition: 'item-not-found' });
    await juliet.rooms.open(room);
    expect((await juliet.rooms.configuration(room))?.name).toBe('x');
    await juliet.rooms.invite(room, 'romeo@localhost', 'my love');
    expect(await romeo.rooms.join(room, { nick: 'Montague', historySince: new Date(), historyMax: 5 })).toMatchObject({
      occupants: [{ nick: 'juliet', role: 'moderator' }],
    });
    const subject = heardFrom(romeo, `${room}/juliet`);
    await juliet.rooms.setSubject(room, 'Night');
    expect(await subject).toMatchObject({ payload: { value: { subject: 'Night' } } });
    const said = heardFrom(romeo, `${room}/juliet`);
    const { stanzaId } = await juliet.sendMessage({ to: room, type: 'groupchat', body: 'Romeo?' });
    expect(await said).toMatchObject({ stanzaId: { id: stanzaId, by: room }, payload: { value: { body: 'Romeo?' } } });
    for (const body of ['one', 'two']) await romeo.sendMessage({ to: room, type: 'groupchat', body });

    const nicks: string[] = [];
    for await (const { nick } of juliet.rooms.occupants(room)) nicks.push(nick);
    expect(nicks).toEqual(['juliet', 'Montague']);
    const texts: (string | undefined)[] = [];
    for await (const { payload } of juliet.history({ room })) {
      texts.push(payload.case === 'message' ? (payload.value.body ?? payload.value.subject) : undefined);
    }
    expect(texts).toEqual(['Night', 'Romeo?', 'one', 'two']);

    await juliet.rooms.setAffiliation(room, 'romeo@localhost', 'member');
    await juliet.rooms.setRole(room, 'Montague', 'none', 'the nurse comes');
    await expect(romeo.sendMessage({ to: room, type: 'groupchat', body: 'x' })).rejects.toMatchObject({
      condition: 'not-acceptable',
    });
    expect(await juliet.rooms.switch(room, 'hall@conference.localhost')).toMatchObject({
      self: { affiliation: 'owner' },
    });
    await juliet.rooms.leave('hall@conference.localhost', 'good night');
  });

  it('makes a group, and comes and goes', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [await game(mars, 'juliet'), await game(mars, 'romeo')];
    const invited = heardFrom(romeo, '@conference.localhost');
    const group = await juliet.rooms.createGroup('Lovers', ['romeo@localhost']);
    expect((await invited).from).toBe(group);
    expect(await romeo.rooms.join(group)).toMatchObject({ self: { affiliation: 'member' } });
    await romeo.rooms.leaveGroup(group);
    await expect(romeo.rooms.join(group)).rejects.toMatchObject({ condition: 'registration-required' });
    await romeo.rooms.joinGroup(group);
    await juliet.rooms.setAffiliation(group, 'romeo@localhost', 'member');
    expect(await romeo.rooms.join(group, { nick: 'Montague' })).toMatchObject({ self: { nick: 'Montague' } });
  });
});
