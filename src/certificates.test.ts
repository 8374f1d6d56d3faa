import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { connect, TLSSocket as ServerSocket, type TLSSocket } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { Certificates, selfSigned } from './certificates.ts';

const open: (Server | Socket)[] = [];

afterEach(() => {
  for (const one of open.splice(0)) 'close' in one ? one.close() : one.destroy();
});

it.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'let clients resume a %s session where certificates of clients are asked for',
  async (version) => {
    const pems = await selfSigned(['localhost'], Date.now());
    const certificates = new Certificates({ ...pems, clientCa: pems.certificate });
    const server = createServer((socket) => {
      const secured = new ServerSocket(socket, {
        isServer: true,
        secureContext: certificates.context(),
        requestCert: certificates.requestsClientCertificates,
        rejectUnauthorized: false,
      });
      secured.on('error', () => {});
      secured.on('data', () => secured.write('hello'));
    });
    open.push(server);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as { port: number };
    const dial = async (session?: Buffer): Promise<TLSSocket> => {
      const client = connect({
        ...{ port, host: '127.0.0.1', rejectUnauthorized: false, key: pems.key, cert: pems.certificate },
        ...{ minVersion: version, maxVersion: version, ...(session && { session }) },
      });
      open.push(client);
      client.write('hello');
      return client;
    };
    const first = await dial();
    const [[session]] = (await Promise.all([once(first, 'session'), once(first, 'data')])) as [[Buffer], [Buffer]];
    const second = await dial(session);
    await once(second, 'data');
    expect(second.isSessionReused()).toBe(true);
  },
);
