import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InPlaceSocket } from './in-place-socket.ts';

/** A socket and its client. */
async function connected(): Promise<[socket: Socket, client: Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const client = connect(port, '127.0.0.1');
  const [accepted] = await once(server, 'connection');
  const socket = new InPlaceSocket(accepted).on('error', () => {});
  onTestFinished(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return [socket, client];
}

describe('a socket that is read in place', () => {
  it('tells what comes, in one place', async () => {
    const [socket, client] = await connected();
    const places = new Set<ArrayBufferLike>();
    let text = '';
    socket.on('data', (bytes) => {
      places.add(bytes.buffer);
      text += bytes;
      socket.write(bytes);
    });
    client.write('one');
    await once(client, 'data');
    client.end('two');
    await once(socket, 'end');
    expect([text, places.size]).toEqual(['onetwo', 1]);
  });

  it('keeps what comes while it is paused, in order', async () => {
    const [socket, client] = await connected();
    const texts: string[] = [];
    socket.on('data', (bytes) => {
      texts.push(String(bytes));
      if (texts.length === 1) socket.pause();
    });
    client.write('one');
    await once(socket, 'pause');
    client.write('two');
    await expect.poll(() => socket.readableLength).toBe(3);
    socket.resume();
    client.end('three');
    await once(socket, 'end');
    expect(texts.join(' ')).toBe('one two three');
  });

  it('has its peer wait while it is paused and has much', async () => {
    const [socket, client] = await connected();
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.pause();
    const sent = 32 * 2 ** 20;
    client.end(Buffer.alloc(sent));
    await expect.poll(() => socket.readableLength).toBeGreaterThan(0);
    expect(client.writableLength).toBeGreaterThan(0);
    expect(socket.readableLength).toBeLessThan(2 ** 20);
    socket.resume();
    await once(socket, 'end');
    expect(bytes).toBe(sent);
  });

  it('notices while it is paused that its peer is gone', async () => {
    const [socket, client] = await connected();
    socket.on('data', () => {});
    socket.pause();
    client.resetAndDestroy();
    await expect.poll(() => socket.destroyed).toBe(true);
  });
});
