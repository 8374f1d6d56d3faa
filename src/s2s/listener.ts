/** RFC 6120 §4, XEP-0368: where other servers come in, with STARTTLS or direct TLS */
import { z } from 'zod';
import { defineTransport, listenTcp, tcpListenerOptions } from '#core';

const { port, address, backlog } = tcpListenerOptions;

const config = z.strictObject({
  port,
  address,
  tls: z.enum(['starttls', 'direct']).default('starttls').describe('STARTTLS, or TLS from the first byte'),
  backlog,
});

export default defineTransport({
  name: 's2s',
  config,
  async listen(core, { tls, ...options }) {
    const { servers } = core;
    if (servers === undefined) throw new Error('there is no federation');
    return listenTcp(core, { ...options, proxy_protocol: [] }, (socket, peer) => {
      socket.once('close', () => core.admission.leave(peer));
      servers.enter(socket, tls);
    });
  },
});
