/** The TypeScript client of the Mars protocol with the server: each way to connect, messages both ways, a cut link */
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Client, connect } from '../../src/client/node.ts';
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

/** The body of the next message. */
async function heard(client: Client): Promise<string | undefined> {
  for await (const [message] of client.each('message')) return message.body;
}

describe('a game', () => {
  it.each<[string, (mars: MarsServer) => object]>([
    ['over TCP', () => ({})],
    ['over TCP, encrypted by Noise', (mars) => ({ serverKey: mars.publicKey })],
    ['over TLS', (mars) => ({ servers: [`tls://127.0.0.1:${mars.port}`], tls: { rejectUnauthorized: false } })],
    ['over WebSocket', webSocket],
    ['over WebSocket, encrypted by Noise', (mars) => ({ ...webSocket(mars), serverKey: mars.publicKey })],
  ])('%s writes to another and is answered', async (_, more) => {
    const mars = await startMars();
    const [juliet, romeo] = [await game(mars, 'juliet', more(mars)), await game(mars, 'romeo')];
    const first = heard(romeo);
    await juliet.sendMessage({ to: 'romeo@localhost', body: 'wherefore?' });
    expect(await first).toBe('wherefore?');
    const second = heard(juliet);
    await romeo.sendMessage({ to: juliet.jid, body: 'here' });
    expect(await second).toBe('here');
    expect((await juliet.friends()).length).toBe(0);
  });

  it('goes on with its session when its link was cut', async () => {
    const mars = await startMars();
    const [juliet, romeo] = [
      await game(mars, 'juliet', { backOff: { minMs: 1, maxMs: 5 } }),
      await game(mars, 'romeo'),
    ];
    const back = new Promise<number | undefined>((resolve) => {
      juliet.on('online', ({ missed }) => resolve(missed));
    });
    const [link] = [...mars.server.host.sessions].filter(({ user }) => user.local === 'juliet');
    (link as unknown as { connection: { abort(): void } }).connection.abort();
    expect(await back).toBe(0);
    const message = heard(juliet);
    await romeo.sendMessage({ to: 'juliet@localhost', body: 'still there?' });
    expect(await message).toBe('still there?');
  });
});
