import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { connectFirst } from './happy-eyeballs.ts';

let server: Server;
let port: number;
const clock = new ManualClock();
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
afterEach(() => void server.close());

const never = new AbortController().signal;
const four = (address: string) => ({ address, family: 4 }) as const;

it('goes on with the next address when one refuses', async () => {
  const socket = await connectFirst([four('127.0.0.9'), four('127.0.0.1')], port, clock, never);
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

it('does not wait for an address that stays silent', async () => {
  // TEST-NET-1 (RFC 5737): nobody answers there, or there is no way there at all.
  const connecting = connectFirst([four('192.0.2.1'), four('127.0.0.1')], port, clock, never);
  clock.advance(250);
  const socket = await connecting;
  expect(socket.remoteAddress).toBe('127.0.0.1');
  socket.destroy();
});

it('tells what was wrong with each when none takes the connection', async () => {
  const connecting = connectFirst([four('127.0.0.8'), four('127.0.0.9')], port, clock, never);
  await expect(connecting).rejects.toMatchObject({ errors: [{ code: 'ECONNREFUSED' }, { code: 'ECONNREFUSED' }] });
});

it('ends when the time is over', async () => {
  const time = new AbortController();
  const connecting = connectFirst([four('192.0.2.1')], port, clock, time.signal);
  time.abort(new Error('late'));
  await expect(connecting).rejects.toThrow();
});
