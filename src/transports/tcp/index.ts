/** RFC 6120, RFC 7590, XEP-0368: client streams over TCP, with STARTTLS or direct TLS */
import { z } from 'zod';
import { ClientNegotiation, defineTransport, EachTurn, Flusher, listenTcp, tcpListenerOptions } from '#core';
import { TcpConnection } from './tcp-connection.ts';

const { port, address, proxy_protocol, backlog } = tcpListenerOptions;

/** Of clients that have not logged in. */
const READ_IN_A_TURN = 5;

const config = z.strictObject({
  port,
  address,
  tls: z
    .enum(['required', 'optional', 'off', 'direct'])
    .default('required')
    .describe('STARTTLS required, optional or off; or TLS from the first byte'),
  proxy_protocol,
  backlog,
});

export default defineTransport({
  name: 'tcp',
  config,
  listen(core, { tls, ...options }) {
    const strangers = new EachTurn<TcpConnection>(READ_IN_A_TURN, (connection) => connection.take());
    const startTls = tls === 'direct' ? 'off' : tls;
    const listener = { core, flusher: new Flusher(core.commit), startTls, strangers } as const;
    return listenTcp(core, options, (socket, peer) => {
      const connection = new TcpConnection(socket, peer, listener);
      connection.sink = new ClientNegotiation(connection, core);
      if (tls === 'direct') connection.startDirectTls();
      else socket.resume();
    });
  },
});
