/** The whole server inside a test run: every listener on a port of its own, everything in memory */
import { createServer, type Server, type ServerOptions } from './server.ts';

export interface TestServer extends Server {
  /** The domain of the first host. */
  readonly domain: string;
  /** Port of the first listener of a transport, on 127.0.0.1; with TLS as it is configured. @throws Error when there is none */
  port(transport: string, tls?: string): number;
  addUser(username: string, password: string): Promise<void>;
}

const LISTENERS = [
  { transport: 'tcp', port: 0, address: '127.0.0.1', tls: 'optional' },
  { transport: 'websocket', port: 0, address: '127.0.0.1' },
];

/** Opened as well where the configuration has a section `s2s`; without one the server is on its own. */
const SERVER_LISTENERS = [
  { transport: 's2s', port: 0, address: '127.0.0.1', tls: 'starttls' },
  { transport: 's2s', port: 0, address: '127.0.0.1', tls: 'direct' },
];

/** Logs nothing unless a logger is given. Stop it when the test is over. */
export async function createTestServer(options: ServerOptions = {}): Promise<TestServer> {
  const { config = {}, ...rest } = options;
  const listeners = config.s2s === undefined ? LISTENERS : [...LISTENERS, ...SERVER_LISTENERS];
  const server = await createServer({
    ...rest,
    config: { listeners, s2s: { enabled: false }, log: { level: 'silent' }, ...config },
  });
  return Object.assign(server, {
    domain: server.host.domain.toString(),
    port(transport: string, tls?: string): number {
      const listener = server.listeners.find(
        (running) => running.transport === transport && (tls === undefined || running.tls === tls),
      );
      if (listener === undefined) throw new Error(`the test server has no listener of transport ${transport}`);
      return listener.port;
    },
    async addUser(username: string, password: string): Promise<void> {
      await server.host.createAccount(username, password);
    },
  });
}
