import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect, type TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Listener } from '#core';
import { scramFinal } from '../../test/support/scram-client.ts';
import { createTransportHost } from '../../test/support/transport-host.ts';
import { WebSocketClient } from '../../test/support/websocket-client.ts';
import { type CertificatePems, Certificates, selfSigned } from '../certificates.ts';
import websocket from '../transports/websocket/index.ts';

const undo: (() => unknown)[] = [];
let first: CertificatePems;
let second: CertificatePems;

beforeAll(async () => {
  [first, second] = await Promise.all([
    selfSigned(['example.org'], Date.now()),
    selfSigned(['example.net'], Date.now()),
  ]);
});

afterEach(async () => {
  for (const step of undo.splice(0)) await step();
});

async function listen() {
  const certificates = new Certificates(first);
  const core = await createTransportHost({ tls: certificates });
  const listener: Listener = await websocket.listen(core, websocket.config.parse({ port: 0, tls: 'direct' }));
  undo.push(
    () => core.connections.shutdown(() => Promise.resolve()),
    () => listener.stop(),
    () => core.wheel.close(),
  );
  return { certificates, port: listener.port };
}

/** The subject alternative names of the certificate a client is shown. */
async function shown(port: number, servername?: string): Promise<string | undefined> {
  const socket = connect({ port, rejectUnauthorized: false, ...(servername !== undefined && { servername }) });
  await once(socket, 'secureConnect');
  const names = new X509Certificate(socket.getPeerCertificate().raw).subjectAltName;
  socket.destroy();
  return names;
}

describe('an HTTPS listener', () => {
  it('announces what is reached by TLS', async () => {
    const { port } = await listen();
    const [answer] = await once(
      get({ port, path: '/.well-known/host-meta.json', rejectUnauthorized: false, agent: false }),
      'response',
    );
    expect(await text(answer)).toContain(`"href":"wss://localhost:${port}/xmpp-websocket"`);
  });

  it('shows new certificates as soon as there are any, with SNI and without', async () => {
    const { port, certificates } = await listen();
    expect(await shown(port)).toBe('DNS:example.org');
    expect(await shown(port, 'example.org')).toBe('DNS:example.org');
    certificates.replace(second);
    expect(await shown(port)).toBe('DNS:example.net');
    expect(await shown(port, 'example.net')).toBe('DNS:example.net');
  });

  it('outlives what is no TLS', async () => {
    const { port } = await listen();
    const socket = connectTcp(port);
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'close');
    expect(await shown(port)).toBe('DNS:example.org');
  });

  it.each(['tls-exporter', 'tls-server-end-point'])(
    'lets a login over WebSocket be bound to its TLS by %s, also after new certificates',
    async (type) => {
      const { port, certificates } = await listen();
      const client = await WebSocketClient.connect(`wss://127.0.0.1:${port}/xmpp-websocket`, {
        rejectUnauthorized: false,
      });
      certificates.replace(second);
      const [, features] = await client.open();
      expect(features).toContain('SCRAM-SHA-256-PLUS');
      expect(features).toContain(`<channel-binding type="${type}"/>`);
      const { _socket: socket } = client.ws as unknown as { _socket: TLSSocket };
      const bindingData =
        type === 'tls-server-end-point'
          ? createHash('sha256').update(socket.getPeerCertificate().raw).digest()
          : socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
      const bare = 'n=juliet,r=nonce';
      const gs2Header = `p=${type},,`;
      const base64 = (plain: string) => Buffer.from(plain).toString('base64');
      const sasl = 'xmlns="urn:ietf:params:xml:ns:xmpp-sasl"';
      client.send(`<auth ${sasl} mechanism="SCRAM-SHA-256-PLUS">${base64(gs2Header + bare)}</auth>`);
      const [, challenge = ''] = /<challenge [^>]*>(.*)</.exec(await client.next()) ?? [];
      const serverFirst = Buffer.from(challenge, 'base64').toString();
      const final = scramFinal({ hash: 'SHA-256', password: 'secret', gs2Header, bindingData, bare, serverFirst });
      client.send(`<response ${sasl}>${base64(final.message)}</response>`);
      expect(await client.next()).toBe(`<success ${sasl}>${base64(final.verifier)}</success>`);
    },
  );
});
