/** What is too much for a client: stanzas that no frame holds, and more than it reads */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Jid, message, NS_CLIENT, ns } from '#core';
import { Command, encodeBody, encodeFrame } from '#protocol/mars';
import { chat, helloBody } from '../../../test/support/mars-client.ts';
import { startMars } from '../../../test/support/mars-server.ts';

const body = ns(NS_CLIENT);
const from = Jid.parse('romeo@localhost');
const to = Jid.parse('juliet@localhost');
const saying = (text: string) => message({ type: 'chat', from, to }, body('body', {}, text));

describe.each(['in the clear', 'encrypted by Noise'])('a stanza that no frame holds, %s', (way) => {
  it('goes back to who sent it, and the connection goes on with the next number', async () => {
    const mars = await startMars();
    const juliet = await mars.connect();
    if (way !== 'in the clear') {
      juliet.sendFirst(mars.publicKey, Command.hello, helloBody());
      await juliet.next();
    }
    await juliet.comeOnline('juliet', { wantSession: true });
    juliet.take();
    const refused: string[] = [];
    mars.server.host.hooks.add('host:arrived', 'observe', (event) => {
      const { stanza } = event as { stanza: { type: string; toString(): string } };
      if (stanza.type === 'error') refused.push(stanza.toString());
    });
    await mars.server.router.route(saying('before'));
    await mars.server.router.route(saying('x'.repeat(1_048_576)));
    await mars.server.router.route(saying('after'));
    const { smSeq = 0 } = await juliet.stanza('before');
    expect((await juliet.stanza('after')).smSeq).toBe(smSeq + 1);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain('policy-violation');
  });
});

it('a client that does not read is disconnected when too much waits for it', async () => {
  const mars = await startMars({ limits: { send_queue_bytes: 65_536 } });
  const romeo = await mars.connect();
  await romeo.comeOnline('romeo');
  const socket = connect({ port: mars.port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const send = (cmdid: number, seq: number, init: Parameters<typeof encodeBody>[0]) =>
    socket.write(encodeFrame(200, cmdid, seq, encodeBody(init)));
  send(Command.hello, 1, helloBody());
  const data = Buffer.from('\0juliet\0secret');
  send(Command.auth, 2, { payload: { case: 'auth', value: { mechanism: 'PLAIN', data, resource: 'game' } } });
  send(Command.presence, 3, { payload: { case: 'presence', value: {} } });
  const closed = new Promise<void>((resolve) => {
    mars.server.host.hooks.add('session:closed', 'observe', () => resolve());
  });
  while ([...mars.server.host.sessions].length < 2) await new Promise(setImmediate);
  let isClosed = false;
  void closed.then(() => {
    isClosed = true;
  });
  const text = randomBytes(20_000).toString('base64');
  for (let at = 0; !isClosed && at < 5_000; at++) {
    romeo.send(Command.message, { ...chat('juliet@localhost/game', text, `${at}`) });
    if (at % 50 === 49) await romeo.settled();
  }
  await closed;
  expect(mars.lines.map(({ message: line }) => line)).toContain('slow reader disconnected');
  socket.destroy();
});
