/** Servers of ours that know where each other are, without DNS */

import type { ServerOptions } from '../../src/server.ts';
import { createTestServer, type TestServer } from '../../src/testing.ts';
import { base64, RawTcpClient } from './raw-client.ts';

export interface FederatedOptions extends Omit<ServerOptions, 'config'> {
  readonly config?: Readonly<Record<string, unknown>>;
  readonly s2s?: Readonly<Record<string, unknown>>;
}

export interface FederatedServer extends TestServer {
  /** From now on the server of a domain is on this port of 127.0.0.1. */
  leadTo(domain: string, port: number, tls?: 'starttls' | 'direct'): Promise<void>;
}

/** A server that is told later where others are. */
export async function startFederatedServer(
  domain: string,
  { config, s2s: given, ...options }: FederatedOptions = {},
): Promise<FederatedServer> {
  const servers: Record<string, string> = {};
  const s2s = { ...given, servers };
  const auth = { plain_without_tls: true };
  const server = await createTestServer({ ...options, config: { auth, hosts: { [domain]: {} }, ...config, s2s } });
  return Object.assign(server, {
    async leadTo(other: string, port: number, tls: 'starttls' | 'direct' = 'starttls'): Promise<void> {
      servers[other] = `${tls === 'direct' ? 'tls://' : ''}127.0.0.1:${port}`;
      await server.reload();
    },
  });
}

/** One server for each domain, each told where the others are. */
export async function startFederated(
  domains: Readonly<Record<string, FederatedOptions>>,
  tls: 'starttls' | 'direct' = 'starttls',
): Promise<FederatedServer[]> {
  const servers: FederatedServer[] = [];
  for (const [domain, options] of Object.entries(domains)) servers.push(await startFederatedServer(domain, options));
  for (const server of servers) {
    for (const other of servers) {
      if (other !== server) await server.leadTo(other.domain, other.port('s2s', tls), tls);
    }
  }
  return servers;
}

/** A client of somebody whose account is made. */
export async function logInTo(server: TestServer, username: string, resource = 'test'): Promise<RawTcpClient> {
  if (!(await server.host.accounts.exists(username))) await server.addUser(username, 'secret');
  const client = await RawTcpClient.connect(server.port('tcp'));
  await client.features(server.domain);
  client.auth('PLAIN', base64(`\0${username}\0secret`));
  const { failure } = await client.outcome();
  if (failure !== undefined) throw new Error(`not logged in: ${failure}`);
  await client.features(server.domain);
  client.send(
    `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>${resource}</resource></bind></iq>`,
  );
  await client.find('iq');
  return client;
}
