/** The long-link protocol of Tencent Mars, for game clients: its frames over TCP, and as binary messages of WebSockets */
import { type ByteLink, type ClientSession, defineTransport, type Listener, listenTcp } from '#core';
import { nodePrimitives } from '#protocol/mars/node';
import { configSchema } from './config.ts';
import { listenGoim } from './goim/index.ts';
import { MarsListener } from './listener.ts';
import { Login } from './login/login.ts';
import { MarsConnection } from './mars-connection.ts';
import { TcpLink } from './tcp-link.ts';

/** Of WebSockets. */
const SUB_PROTOCOL = 'mars';

export default defineTransport({
  name: 'tcp-mars',
  config: configSchema,
  async listen(core, config): Promise<Listener> {
    if (config.dialect === 'goim') return listenGoim(core, config);
    const keys = nodePrimitives.keyPairOf(core.secrets.get('mars-noise'));
    const shared = new MarsListener(core, config, keys);
    const accept = (link: ByteLink): void => {
      new MarsConnection(link, shared, (connection) => new Login(connection));
    };
    const undo = [core.subProtocols.offer(SUB_PROTOCOL, accept)];
    const told = (tell: (session: ClientSession) => void) => (event: unknown) =>
      tell((event as { session: ClientSession }).session);
    for (const { hooks } of core.router.hosts) {
      undo.push(
        hooks.add(
          'session:closed',
          'observe',
          told((session) => shared.closed(session)),
        ),
      );
      undo.push(
        hooks.add(
          'session:resumed',
          'observe',
          told((session) => shared.seats.resumed(session)),
        ),
      );
    }
    const listener = await listenTcp(core, config, (socket, address) => {
      accept(new TcpLink(socket, address, core));
      socket.resume();
    });
    return {
      ...listener,
      publicKey: config.encryption === 'off' ? undefined : Buffer.from(keys.publicKey).toString('base64'),
      stop() {
        for (const step of undo) step();
        return listener.stop();
      },
    };
  },
});
