/** RFC 6120 §4 and RFC 7395: an XMPP stream from the client's side, over TCP or WebSocket, with nothing hidden. */
import { connect } from 'node:net';
import WebSocket from 'ws';
import type { ServerUnderTest } from '../../support/server-under-test.ts';
import { dialMars } from './mars-wire.ts';
import type { TransportName } from './parse.ts';
import { parseXml, type XmlNode, XmlReader } from './xml.ts';

export const NS_STREAMS = 'http://etherx.jabber.org/streams';
const NS_FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';

/** What arrives: the stream header or <open/>, each whole element, the end of the stream, the end of the connection. */
export interface WireEvents {
  element(node: XmlNode): void;
  ended(): void;
  /** What arrived is no XML. */
  broken(error: Error): void;
  gone(): void;
}

export interface Wire {
  /** Sends the stream header or <open/>; after SASL, again for the next stream of the connection. */
  open(domain: string): void;
  /** In place of streams, SASL and binding, where there are none. Resolves with the full JID. */
  logIn?(username: string, password: string, resource: string): Promise<string>;
  send(text: string): void;
  /** Ends the stream; the connection stays until the server has ended its own (RFC 6120 §4.4, RFC 7395 §3.6). */
  close(): void;
  /** Ends the connection. */
  finish(): void;
  /** Cuts the connection without a word. */
  destroy(): void;
}

export function dial(transport: TransportName, server: ServerUnderTest, events: WireEvents): Promise<Wire> {
  switch (transport) {
    case 'tcp':
      return dialTcp(server.tcp, events);
    case 'websocket':
      return dialWebSocket(server.websocket.url, events);
    case 'mars':
      if (server.mars === undefined) throw new Error('this server has no Mars listener');
      return dialMars(server.mars.port, events);
  }
}

function dialTcp(address: ServerUnderTest['tcp'], events: WireEvents): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = connect(address.port, address.host);
    const newReader = () => new XmlReader({ opened: events.element, child: events.element, closed: events.ended });
    let reader = newReader();
    const wire: Wire = {
      open(domain) {
        reader = newReader();
        wire.send(
          `<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xml:lang='en' ` +
            `xmlns='jabber:client' xmlns:stream='${NS_STREAMS}'>`,
        );
      },
      send: (text) => void socket.write(text),
      close: () => wire.send('</stream:stream>'),
      finish: () => void socket.end(),
      destroy: () => void socket.destroy(),
    };
    socket.setEncoding('utf8').on('data', (text: string) => guarded(events, () => reader.write(text)));
    socket.once('connect', () => resolve(wire));
    socket.on('error', reject).once('close', events.gone);
  });
}

function dialWebSocket(url: string, events: WireEvents): Promise<Wire> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'xmpp');
    const wire: Wire = {
      open: (domain) => wire.send(`<open xmlns='${NS_FRAMING}' to='${domain}' version='1.0' xml:lang='en'/>`),
      send: (text) => socket.send(text),
      close: () => wire.send(`<close xmlns='${NS_FRAMING}'/>`),
      finish: () => socket.close(),
      destroy: () => socket.terminate(),
    };
    socket.on('message', (data) => {
      guarded(events, () => {
        const node = parseXml(data.toString());
        if (node.ns === NS_FRAMING && node.name === 'close') events.ended();
        else events.element(node);
      });
    });
    socket.once('open', () => resolve(wire));
    socket.on('error', reject).once('close', events.gone);
  });
}

function guarded(events: WireEvents, read: () => void): void {
  try {
    read();
  } catch (error) {
    events.broken(error instanceof Error ? error : new Error(String(error)));
  }
}
