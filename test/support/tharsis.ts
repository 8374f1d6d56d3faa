import { catalog } from '../../src/catalog.ts';
import { createTestServer } from '../../src/testing.ts';
import type { ServerUnderTest } from './server-under-test.ts';

const ADDRESS = { address: '127.0.0.1', port: 0 };

/** The actor `admin` of every script, by the names of the runs. */
const admins = ['t', 'w', 'm'].flatMap((run) =>
  Array.from({ length: 1_000 }, (_, at) => `admin-${run}${at}@localhost`),
);

const modules = catalog.modules.map(({ name }) => name).filter((name) => name !== 'friends-only');

/** Every module is on, registration included, but for what keeps strangers out; and nothing slows a script down. */
export async function startTharsis(): Promise<ServerUnderTest> {
  const server = await createTestServer({
    config: {
      hosts: {
        localhost: {
          modules: {
            ...Object.fromEntries(modules.map((name) => [name, {}])),
            register: { per_address_per_hour: 0 },
            commands: { admins },
          },
        },
      },
      // XEP-0388 §3: where TLS can be negotiated it comes before SASL2
      listeners: [
        { transport: 'tcp', ...ADDRESS, tls: 'off' },
        { transport: 'websocket', ...ADDRESS },
        { transport: 'tcp-mars', ...ADDRESS, encryption: 'optional', requests_per_second: 100_000 },
      ],
      auth: { plain_without_tls: true, fast_without_tls: true },
    },
  });
  return {
    tcp: { host: '127.0.0.1', port: server.port('tcp') },
    mars: { port: server.port('tcp-mars') },
    websocket: { url: `ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket` },
    addUser: (local, password) => server.addUser(local, password),
    close: () => server.stop(),
  };
}
