/** RFC 7395: client streams over WebSocket, announced by XEP-0156, and what other transports bring */
import { WebSocketServer } from 'ws';
import { z } from 'zod';
import { ClientNegotiation, clientAddress, defineTransport, Flusher, networkSchema, UpgradeRefused } from '#core';
import { mayConnect } from './origin.ts';
import { WebSocketByteLink } from './websocket-byte-link.ts';
import { WebSocketConnection } from './websocket-connection.ts';

const PATH = '/xmpp-websocket';
const SUBPROTOCOL = 'xmpp';

const config = z.strictObject({
  port: z.int().min(0).max(65_535).describe('TCP port; 0 lets the system choose'),
  address: z.string().default('127.0.0.1').describe('Address to listen on; `*` for all of the machine'),
  tls: z.enum(['off', 'direct']).default('off').describe('Plain HTTP, or HTTPS'),
  proxy_protocol: z
    .array(networkSchema)
    .default([])
    .describe('Addresses and networks of proxies that send a PROXY header (v1, v2); with any, nobody else may connect'),
  origins: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Web origins whose pages may connect, such as `https://chat.example.org`; `*` for all. Pages of the host name that is asked and of a virtual host always may, and so may programs that are no browsers',
    ),
  compression: z.boolean().default(false).describe('Offer permessage-deflate: less traffic for more CPU and memory'),
});

export default defineTransport({
  name: 'websocket',
  config,
  async listen(core, { port, address, tls, proxy_protocol, origins, compression }) {
    const { limits, admission } = core;
    const shared = { core, flusher: new Flusher(core.commit) };
    const isServed = (name: string): boolean => name === SUBPROTOCOL || core.subProtocols.find(name) !== undefined;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      // In the order of the client's preference.
      handleProtocols: (names) => [...names].find(isServed) ?? false,
      perMessageDeflate: compression && { threshold: 1_024 },
    });
    const listener = await core.http.listen({ address, port, tls: tls === 'direct', proxies: proxy_protocol });
    listener.upgrade(PATH, (request, socket, head) => {
      // RFC 7395 §3.1
      if (!asked(request.headers['sec-websocket-protocol']).some(isServed)) {
        throw new UpgradeRefused(400, `the WebSocket sub-protocol is ${SUBPROTOCOL}`);
      }
      if (!mayConnect(request.headers, origins, (domain) => core.router.usersHost(domain) !== undefined)) {
        throw new UpgradeRefused(403, 'pages of this origin may not connect');
      }
      const peer = { address: clientAddress(request.socket), transport: 'websocket' };
      if (!admission.enter(peer.address)) throw new UpgradeRefused(429, 'too many connections');
      // What is a little too big still gets its stream error; what is far too big is not even collected.
      server.options.maxPayload = 2 * limits.stanza_bytes;
      let isUpgraded = false;
      server.handleUpgrade(request, socket, head, (ws) => {
        isUpgraded = true;
        const accept = core.subProtocols.find(ws.protocol);
        if (accept !== undefined) return accept(new WebSocketByteLink(ws, socket, peer, core));
        const connection = new WebSocketConnection(ws, socket, peer, shared);
        connection.sink = new ClientNegotiation(connection, core);
      });
      if (!isUpgraded) admission.leave(peer.address);
    });
    listener.announce({ rel: 'urn:xmpp:alt-connections:websocket', path: PATH, schemes: ['ws', 'wss'] });
    return listener;
  },
});

function asked(header: string | undefined): string[] {
  return header?.split(',').map((name) => name.trim()) ?? [];
}
