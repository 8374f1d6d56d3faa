/** RFC 6120, RFC 7590, XEP-0368: client streams over TCP, with STARTTLS or direct TLS */
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import {
  ALL_ADDRESSES,
  acceptBehindProxy,
  ClientNegotiation,
  clientAddress,
  defineTransport,
  EachTurn,
  Flusher,
  listenAddress,
  Networks,
  networkSchema,
} from '#core';
import { TcpConnection } from './tcp-connection.ts';

const ACCEPTED_IN_A_TURN = 20;

/** Of clients that have not logged in. */
const READ_IN_A_TURN = 50;

const config = z.strictObject({
  port: z.int().min(0).max(65_535).describe('TCP port; 0 lets the system choose'),
  address: z.string().default(ALL_ADDRESSES).describe('Address to listen on; `*` for all of the machine'),
  tls: z
    .enum(['required', 'optional', 'off', 'direct'])
    .default('required')
    .describe('STARTTLS required, optional or off; or TLS from the first byte'),
  proxy_protocol: z
    .array(networkSchema)
    .default([])
    .describe('Addresses and networks of proxies that send a PROXY header (v1, v2); with any, nobody else may connect'),
  backlog: z.int().min(1).max(65_535).default(4_096).describe('Connections the system holds until they are accepted'),
});

export default defineTransport({
  name: 'tcp',
  config,
  async listen(core, { port, address, tls, proxy_protocol, backlog }) {
    const strangers = new EachTurn<TcpConnection>(READ_IN_A_TURN, (connection) => connection.take());
    const startTls = tls === 'direct' ? 'off' : tls;
    const listener = { core, flusher: new Flusher(core.commit), startTls, strangers } as const;
    const proxies = proxy_protocol.length > 0 ? new Networks(proxy_protocol) : undefined;
    const accept = (socket: Socket): void => {
      const peer = clientAddress(socket);
      if (!core.admission.enter(peer)) {
        core.log.info({ peer }, 'too many connections');
        return void socket.destroy();
      }
      const connection = new TcpConnection(socket, peer, listener);
      connection.sink = new ClientNegotiation(connection, core);
      if (tls === 'direct') connection.startDirectTls();
      else socket.resume();
    };
    // None is read before its turn has come: who is there already need not wait for ten thousand that come at once.
    const intake = new EachTurn<Socket>(ACCEPTED_IN_A_TURN, (socket) => {
      socket.resume();
      if (proxies === undefined) accept(socket);
      else acceptBehindProxy(socket, proxies, core, () => accept(socket));
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
