/** A client stream without manners, over TCP, direct TLS or WebSocket: sends whatever text it is told to. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import WebSocket, { type ClientOptions } from 'ws';
import { elements, parseXml, printXml, textOf, type XmlNode, XmlReader } from '../scenarios/runner/xml.ts';

export const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
export const NS_SASL2 = 'urn:xmpp:sasl:2';
const NS_FRAMING = 'urn:ietf:params:xml:ns:xmpp-framing';
const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls';
const NS_BIND = 'urn:ietf:params:xml:ns:xmpp-bind';
export const STARTTLS = `<starttls xmlns='${NS_TLS}'/>`;

export type RawTransport = 'tcp' | 'websocket';

export abstract class RawClient {
  /** Resolves when the connection is gone. */
  abstract readonly closed: Promise<void>;
  readonly #inbox: XmlNode[] = [];
  #wake: (() => void) | undefined;
  #isGone = false;
  #fault: Error | undefined;

  /** On WebSocket: one message. */
  abstract send(text: string): void;
  /** Sends the header of a stream. */
  abstract open(domain?: string, from?: string): void;
  /** Cuts the connection. */
  abstract destroy(): void;
  abstract stopReading(): void;
  abstract startReading(): void;

  /** The next element, the header of a stream and the end of one (`end`) included. @throws Error when none comes any more */
  async next(): Promise<XmlNode> {
    for (;;) {
      const node = this.#inbox.shift();
      if (node !== undefined) return node;
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#isGone) throw new Error('the connection was closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next element with this name; what comes before is dropped. */
  async find(name: string): Promise<XmlNode> {
    for (;;) {
      const node = await this.next();
      if (node.name === name) return node;
    }
  }

  /** Opens a stream and resolves with its features. */
  async features(domain?: string, from?: string): Promise<XmlNode> {
    this.open(domain, from);
    return this.find('features');
  }

  /** The condition of the stream error that comes, after which the server closes stream and connection. */
  async streamError(): Promise<string> {
    const error = await this.find('error');
    const next = await this.next();
    if (next.name !== 'end') throw new Error(`after the stream error: ${printXml(next)}`);
    await this.closed;
    return elements(error)[0]?.name ?? '';
  }

  auth(mechanism: string, initial?: string): void {
    this.send(`<auth xmlns='${NS_SASL}' mechanism='${mechanism}'>${initial ?? ''}</auth>`);
  }

  /** SASL2; `more` are children of <authenticate/>. */
  authenticate(mechanism: string, initial?: string, more = ''): void {
    const data = initial === undefined ? '' : `<initial-response>${initial}</initial-response>`;
    this.send(`<authenticate xmlns='${NS_SASL2}' mechanism='${mechanism}'>${data}${more}</authenticate>`);
  }

  respond2(data: string): void {
    this.send(`<response xmlns='${NS_SASL2}'>${data}</response>`);
  }

  respond(data: string): void {
    this.send(`<response xmlns='${NS_SASL}'>${data}</response>`);
  }

  /** `success`, the decoded challenge, or the condition of the failure. */
  async outcome(): Promise<{ success?: string; challenge?: string; failure?: string }> {
    const node = await this.next();
    const data = textOf(node);
    const text = data === '=' ? '' : Buffer.from(data, 'base64').toString();
    if (node.name === 'challenge') return { challenge: text };
    if (node.name === 'success') return { success: text };
    if (node.name === 'failure') return { failure: elements(node)[0]?.name ?? '' };
    throw new Error(`not an element of SASL: ${printXml(node)}`);
  }

  /** Logs in by PLAIN, binds, and resolves with the full JID. */
  async logIn(username: string, password: string, resource = 'attack'): Promise<string> {
    await this.features();
    this.auth('PLAIN', base64(`\0${username}\0${password}`));
    const outcome = await this.outcome();
    if (outcome.success === undefined) throw new Error(`not logged in: ${outcome.failure}`);
    return this.bind(resource);
  }

  /** Opens the stream after SASL and binds. */
  async bind(resource: string): Promise<string> {
    await this.features();
    this.send(bindRequest(resource));
    return textOf(elements(elements(await this.find('iq'))[0] as XmlNode)[0] as XmlNode);
  }

  /** Resolves when the server has answered, so that everything sent before was worked off, with what came before the answer. */
  async ping(): Promise<XmlNode[]> {
    const before: XmlNode[] = [];
    const id = `ping-${Math.random()}`;
    this.send(`<iq xmlns='jabber:client' type='get' id='${id}' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>`);
    for (;;) {
      const node = await this.next();
      if (node.attrs.id === id) return before;
      before.push(node);
    }
  }

  protected arrived(node: XmlNode): void {
    this.#inbox.push(node);
    this.#wake?.();
  }

  protected broken(error: unknown): void {
    this.#fault = error instanceof Error ? error : new Error(String(error));
    this.#wake?.();
  }

  protected gone(): void {
    this.#isGone = true;
    this.#wake?.();
  }
}

export class RawTcpClient extends RawClient {
  readonly closed: Promise<void>;
  socket: Socket;
  #reader: XmlReader | undefined;

  protected constructor(socket: Socket) {
    super();
    this.socket = socket;
    this.own(socket);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.gone();
        resolve();
      });
    });
  }

  static async connect(port: number): Promise<RawTcpClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new RawTcpClient(socket);
    await once(socket, 'connect');
    return client;
  }

  static async connectTls(port: number, options: ConnectionOptions = {}): Promise<RawTcpClient> {
    const client = new RawTcpClient(
      connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['xmpp-client'], ...options }),
    );
    await once(client.socket, 'secureConnect');
    return client;
  }

  /** Negotiates STARTTLS; `more` is sent in the same packet as the request. */
  async startTls(options: ConnectionOptions = {}, more = ''): Promise<void> {
    await this.features();
    this.send(STARTTLS + more);
    const answer = await this.next();
    if (answer.name !== 'proceed') throw new Error(`no TLS: ${printXml(answer)}`);
    await this.upgrade(options);
  }

  /** The TLS handshake after proceed. */
  async upgrade(options: ConnectionOptions = {}): Promise<void> {
    this.socket.removeAllListeners('data');
    this.socket = connectTls({ socket: this.socket, rejectUnauthorized: false, ...options });
    this.own(this.socket);
    await once(this.socket, 'secureConnect');
  }

  get tls(): TLSSocket {
    return this.socket as TLSSocket;
  }

  send(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** Resolves when the system has taken the text. */
  sent(text: string | Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(text, () => resolve());
    });
  }

  open(domain = 'localhost', from?: string): void {
    this.send(
      `<stream:stream to='${domain}'${fromAttribute(from)} version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
    );
  }

  destroy(): void {
    this.socket.destroy();
  }

  stopReading(): void {
    this.socket.pause();
  }

  startReading(): void {
    this.socket.resume();
  }

  /** Reads the stream that begins on this socket. */
  protected own(socket: Socket): void {
    this.#reader = undefined;
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      const text = bytes.toString('utf8');
      // Every header begins a document.
      for (const part of text.split(/(?=<\?xml)/)) {
        if (part.startsWith('<?xml') || this.#reader === undefined) this.#reader = this.#newReader();
        try {
          this.#reader.write(part);
        } catch (error) {
          this.broken(error);
        }
      }
    });
  }

  #newReader(): XmlReader {
    return new XmlReader({
      opened: (node) => this.arrived(node),
      child: (node) => this.arrived(node),
      closed: (node) => this.arrived({ ...node, name: 'end', children: [] }),
    });
  }
}

/** What the socket is to be made with, or how. */
type WebSocketOptions = ConnectionOptions & Pick<ClientOptions, 'createConnection' | 'handshakeTimeout'>;

export class RawWebSocketClient extends RawClient {
  readonly closed: Promise<void>;
  readonly ws: WebSocket;

  private constructor(ws: WebSocket) {
    super();
    this.ws = ws;
    ws.on('error', () => {});
    ws.on('message', (data) => {
      const node = parseXml(String(data));
      this.arrived(node.ns === NS_FRAMING && node.name === 'close' ? { ...node, name: 'end' } : node);
    });
    this.closed = new Promise((resolve) => {
      ws.once('close', () => {
        this.gone();
        resolve();
      });
    });
  }

  static connect(port: number, options?: WebSocketOptions): Promise<RawWebSocketClient> {
    return RawWebSocketClient.#connect(`ws://127.0.0.1:${port}`, options);
  }

  static connectTls(port: number, options?: WebSocketOptions): Promise<RawWebSocketClient> {
    return RawWebSocketClient.#connect(`wss://127.0.0.1:${port}`, options);
  }

  static async #connect(origin: string, options?: WebSocketOptions): Promise<RawWebSocketClient> {
    const ws = new WebSocket(`${origin}/xmpp-websocket`, 'xmpp', { rejectUnauthorized: false, ...(options as object) });
    const client = new RawWebSocketClient(ws);
    await once(ws, 'open');
    return client;
  }

  /** The library has it without telling its type. */
  get tls(): TLSSocket {
    return (this.ws as unknown as { readonly _socket: TLSSocket })._socket;
  }

  send(text: string): void {
    this.ws.send(text);
  }

  open(domain = 'localhost', from?: string): void {
    this.send(`<open xmlns='${NS_FRAMING}' to='${domain}'${fromAttribute(from)} version='1.0'/>`);
  }

  destroy(): void {
    this.ws.terminate();
  }

  stopReading(): void {
    this.ws.pause();
  }

  startReading(): void {
    this.ws.resume();
  }
}

export function connectRaw(
  transport: RawTransport,
  server: { port(transport: string): number },
): Promise<RawTcpClient | RawWebSocketClient> {
  const port = server.port(transport);
  return transport === 'tcp' ? RawTcpClient.connect(port) : RawWebSocketClient.connect(port);
}

function fromAttribute(from: string | undefined): string {
  return from === undefined ? '' : ` from='${from}'`;
}

export function base64(text: string | Uint8Array): string {
  return Buffer.from(text as Uint8Array).toString('base64');
}

export function bindRequest(resource: string): string {
  return `<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='${NS_BIND}'><resource>${resource}</resource></bind></iq>`;
}
