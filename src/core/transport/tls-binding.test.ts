import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ConnectionOptions, connect, createServer, type SecureVersion, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { selfSigned } from '../../certificates.ts';
import { tlsChannelBinding, tlsChannelBindings } from './tls-binding.ts';

let ca: string;
const server = createServer();

beforeAll(async () => {
  const pems = await selfSigned(['localhost'], Date.now());
  ca = pems.certificate;
  server.setSecureContext({ key: pems.key, cert: pems.certificate });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server.close();
});

/** Both ends of a connection. */
async function link(version: SecureVersion, options: ConnectionOptions = {}): Promise<readonly [TLSSocket, TLSSocket]> {
  const { port } = server.address() as AddressInfo;
  const accepted = once(server, 'secureConnection');
  const versions = { minVersion: version, maxVersion: version };
  const client = connect({ port, host: '127.0.0.1', servername: 'localhost', ca, ...versions, ...options });
  await once(client, 'secureConnect');
  const [socket] = (await accepted) as [TLSSocket];
  return [client, socket];
}

function bindingOf(socket: TLSSocket, type: string) {
  return tlsChannelBinding(socket, type);
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('on %s', (version) => {
  it('tls-unique is the first Finished message, which is the client’s', async () => {
    const [client, socket] = await link(version);
    expect(bindingOf(socket, 'tls-unique')).toEqual(client.getFinished());
    client.destroy();
  });

  it('a type nobody has heard of has no data', async () => {
    const [client, socket] = await link(version);
    expect(bindingOf(socket, 'tls-rumour')).toBeUndefined();
    client.destroy();
  });

  it('every type that is announced has data', async () => {
    const [client, socket] = await link(version);
    for (const type of tlsChannelBindings(socket)) expect(bindingOf(socket, type)?.byteLength).toBeGreaterThan(0);
    client.destroy();
  });
});

it('tls-unique of a resumed session is the server’s Finished message, which comes first then', async () => {
  const [first] = await link('TLSv1.2');
  const session = first.getSession();
  first.destroy();
  const [client, socket] = await link('TLSv1.2', { session });
  expect(socket.isSessionReused()).toBe(true);
  expect(bindingOf(socket, 'tls-unique')).toEqual(client.getPeerFinished());
  client.destroy();
});

it('tls-exporter is exported key material on TLS 1.3, and not to be had before', async () => {
  const [client, socket] = await link('TLSv1.3');
  expect(bindingOf(socket, 'tls-exporter')).toEqual(
    client.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)),
  );
  client.destroy();
  const [older, olderSocket] = await link('TLSv1.2');
  expect(bindingOf(olderSocket, 'tls-exporter')).toBeUndefined();
  older.destroy();
});
