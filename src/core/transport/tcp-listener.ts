/** What all transports over TCP do with new connections: PROXY headers, and the limit of connections per address */
import { createServer, type Socket } from 'node:net';
import { z } from 'zod';
import { acceptBehindProxy } from './behind-proxy.ts';
import { clientAddress } from './client-address.ts';
import { InPlaceSocket } from './in-place-socket.ts';
import { ALL_ADDRESSES, listenAddress } from './listen-address.ts';
import { Networks, networkSchema } from './networks.ts';
import type { Listener, TransportHost } from './transport.ts';

/** As many connections as the system may hold until they are accepted, unless it holds fewer anyway. */
export const MOST_WAITING = 65_535;

/** The options of a listener that are the same for every transport over TCP. */
export const tcpListenerOptions = {
  port: z.int().min(0).max(65_535).describe('TCP port; 0 lets the system choose'),
  address: z.string().default(ALL_ADDRESSES).describe('Address to listen on; `*` for all of the machine'),
  proxy_protocol: z
    .array(networkSchema)
    .default([])
    .describe('Addresses and networks of proxies that send a PROXY header (v1, v2); with any, nobody else may connect'),
  backlog: z
    .int()
    .min(1)
    .max(65_535)
    .default(MOST_WAITING)
    .describe('Connections the system holds until they are accepted; on Linux no more than `net.core.somaxconn`'),
};

export interface TcpListenerOptions {
  readonly port: number;
  readonly address: string;
  readonly proxy_protocol: readonly string[];
  readonly backlog: number;
}

/**
 * @param accept gets a socket that nothing was read of, whose client's address was admitted, and owes `admission.leave`;
 *   what its event `data` brings is valid during the event only
 */
export async function listenTcp(
  core: TransportHost,
  { port, address, proxy_protocol, backlog }: TcpListenerOptions,
  accept: (socket: Socket, peer: string) => void,
): Promise<Listener> {
  const proxies = proxy_protocol.length > 0 ? new Networks(proxy_protocol) : undefined;
  const admit = (socket: Socket): void => {
    const peer = clientAddress(socket);
    if (core.admission.enter(peer)) return accept(socket, peer);
    core.log.info({ peer }, 'too many connections');
    socket.destroy();
  };
  // Node accepts one in each turn of the event loop: who is there already need not wait for ten thousand that come at once.
  const server = createServer({ noDelay: true, keepAlive: true, pauseOnConnect: proxies === undefined }, (socket) => {
    if (proxies === undefined) admit(new InPlaceSocket(socket));
    else acceptBehindProxy(socket, proxies, core, () => admit(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: listenAddress(address), backlog }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('a TCP server has an address and a port');
  return { address: bound.address, port: bound.port, stop: () => void server.close() };
}
