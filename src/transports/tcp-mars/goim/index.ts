/** The dialect of goim: a listener of its own for old clients, and its HTTP calls */
import { type Listener, listenTcp, type TransportHost } from '#core';
import type { MarsConfig } from '../config.ts';
import { TcpLink } from '../tcp-link.ts';
import { GoimConnection } from './goim-connection.ts';
import { GoimListener } from './goim-listener.ts';
import { pushCalls } from './push-calls.ts';

/** @throws Error: a host or an address is not there */
export async function listenGoim(core: TransportHost, config: MarsConfig): Promise<Listener> {
  const shared = new GoimListener(core, config);
  const isProxied = config.proxy_protocol.length > 0;
  const listener = await listenTcp(core, config, (socket, address) => {
    const { remotePort, localAddress = '', localPort = 0 } = socket;
    const origin = { clientPort: isProxied ? undefined : remotePort, localAddress, localPort };
    new GoimConnection(new TcpLink(socket, address, core), shared, origin);
    socket.resume();
  });
  const { goim_push } = config;
  if (goim_push === undefined) return listener;
  try {
    const http = await core.http.listen(goim_push);
    for (const route of pushCalls(shared, goim_push.access)) http.route(route);
    return {
      ...listener,
      async stop() {
        await http.stop();
        await listener.stop();
      },
    };
  } catch (error) {
    await listener.stop();
    throw error;
  }
}
