/** RFC 6120 §4, XEP-0368: where other servers come in, with STARTTLS or direct TLS */
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { ALL_ADDRESSES, clientAddress, defineTransport, EachTurn, listenAddress } from '#core';

const ACCEPTED_IN_A_TURN = 20;

const config = z.strictObject({
  port: z.int().min(0).max(65_535).describe('TCP port; 0 lets the system choose'),
  address: z.string().default(ALL_ADDRESSES).describe('Address to listen on; `*` for all of the machine'),
  tls: z.enum(['starttls', 'direct']).default('starttls').describe('STARTTLS, or TLS from the first byte'),
  backlog: z.int().min(1).max(65_535).default(1_024).describe('Connections the system holds until they are accepted'),
});

export default defineTransport({
  name: 's2s',
  config,
  async listen(core, { port, address, tls, backlog }) {
    const { servers } = core;
    if (servers === undefined) throw new Error('there is no federation');
    const intake = new EachTurn<Socket>(ACCEPTED_IN_A_TURN, (socket) => {
      socket.resume();
      const peer = clientAddress(socket);
      if (!core.admission.enter(peer)) {
        core.log.info({ peer }, 'too many connections');
        return void socket.destroy();
      }
      socket.once('close', () => core.admission.leave(peer));
      servers.enter(socket, tls);
    });
    const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: true }, (socket) =>
      intake.add(socket),
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: listenAddress(address), backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    });
    const bound = server.address();
    if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port');
    const stop = (): void => {
      server.close();
      for (const socket of intake.end()) socket.destroy();
    };
    return { address: bound.address, port: bound.port, stop };
  },
});
