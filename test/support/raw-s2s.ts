/** A stream between servers without manners, seen from either end, and a server of such streams */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type ConnectionOptions, createSecureContext, TLSSocket, type TlsOptions } from 'node:tls';
import { printXml, textOf, type XmlNode } from '../scenarios/runner/xml.ts';
import type { KeyAndCertificate } from './certificate-authority.ts';
import { base64, NS_SASL, RawTcpClient, STARTTLS } from './raw-client.ts';

export const NS_DIALBACK = 'jabber:server:dialback';
const NS_STREAMS = 'http://etherx.jabber.org/streams';
const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls';
export const STARTTLS_FEATURE = `<starttls xmlns='${NS_TLS}'><required/></starttls>`;
export const DIALBACK_FEATURE = `<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>`;
export const EXTERNAL_FEATURE = `<mechanisms xmlns='${NS_SASL}'><mechanism>EXTERNAL</mechanism></mechanisms>`;

export interface Pair {
  readonly from: string;
  readonly to: string;
}

export class RawS2s extends RawTcpClient {
  /** The addresses of the stream header this end sends. */
  readonly pair: Pair;

  private constructor(socket: Socket, pair: Pair) {
    super(socket);
    this.pair = pair;
  }

  /** @param pair of the stream header */
  static async dial(port: number, pair: Pair): Promise<RawS2s> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const stream = new RawS2s(socket, pair);
    await once(socket, 'connect');
    return stream;
  }

  static accepted(socket: Socket, domain: string): RawS2s {
    return new RawS2s(socket, { from: domain, to: '' });
  }

  override open(to = this.pair.to, from = this.pair.from, more = ''): void {
    this.send(
      `<?xml version='1.0'?><stream:stream to='${to}' from='${from}' version='1.0'${more} xml:lang='en' ` +
        `xmlns='jabber:server' xmlns:db='${NS_DIALBACK}' xmlns:stream='${NS_STREAMS}'>`,
    );
  }

  /** As the receiving server: its header, and the features. */
  answer(id: string, features: string): void {
    this.open(this.pair.to, this.pair.from, ` id='${id}'`);
    this.send(`<stream:features>${features}</stream:features>`);
  }

  /** As the initiating server: opens a stream on TLS. Resolves with its id and features. */
  async secure(options: ConnectionOptions = {}): Promise<{ id: string; features: XmlNode }> {
    this.open();
    await this.find('features');
    this.send(STARTTLS);
    const proceed = await this.next();
    if (proceed.name !== 'proceed') throw new Error(`no TLS: ${printXml(proceed)}`);
    await this.upgrade(options);
    return this.begin();
  }

  /** Opens a stream. Resolves with its id and features. */
  async begin(): Promise<{ id: string; features: XmlNode }> {
    this.open();
    const { attrs } = await this.find('stream');
    return { id: attrs.id ?? '', features: await this.find('features') };
  }

  /** SASL EXTERNAL, then the next stream. @throws Error with the condition of the failure */
  async authenticateExternal(identity = this.pair.from): Promise<void> {
    this.auth('EXTERNAL', identity === '' ? '=' : base64(identity));
    const { success, failure } = await this.outcome();
    if (success === undefined) throw new Error(failure);
    await this.begin();
  }

  /** XEP-0220 §2.1.1 step 1 */
  sendKey(key: string, { from, to }: Pair = this.pair): void {
    this.send(`<db:result from='${from}' to='${to}'>${key}</db:result>`);
  }

  /** XEP-0220 §2.1.2 step 2 */
  askAbout(key: string, id: string, { from, to }: Pair): void {
    this.send(`<db:verify from='${from}' to='${to}' id='${id}'>${key}</db:verify>`);
  }

  /** As the receiving server, after <starttls/>. */
  async proceed(options: TlsOptions): Promise<void> {
    this.send(`<proceed xmlns='${NS_TLS}'/>`);
    this.socket.removeAllListeners('data');
    const socket = new TLSSocket(this.socket, {
      ...{ isServer: true, requestCert: true, rejectUnauthorized: false },
      secureContext: createSecureContext(options),
    });
    this.socket = socket;
    this.own(socket);
    await once(socket, 'secure');
  }
}

/** What a dialback element says: its name, type or key, and error. */
export function dialback(node: XmlNode): string {
  const { name, ns, attrs, children } = node;
  if (ns !== NS_DIALBACK) throw new Error(`not of dialback: ${printXml(node)}`);
  const error = children.find((child) => typeof child !== 'string' && child.name === 'error');
  const [condition] = typeof error === 'object' ? error.children.filter((child) => typeof child !== 'string') : [];
  const said = attrs.type === 'error' ? `error ${condition?.name}` : (attrs.type ?? textOf(node));
  return `${name} ${attrs.from} ${attrs.to} ${said}`;
}

/** Accepts streams in the name of a domain and leaves it to the test what happens on them. */
export class RawS2sServer {
  readonly port: number;
  readonly domain: string;
  readonly #server: Server;
  readonly #certificate: KeyAndCertificate | undefined;
  readonly #streams: RawS2s[] = [];
  readonly #waiting: RawS2s[] = [];
  #arrived: (() => void) | undefined;

  private constructor(server: Server, domain: string, certificate: KeyAndCertificate | undefined) {
    this.#server = server;
    this.domain = domain;
    this.#certificate = certificate;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      const stream = RawS2s.accepted(socket, domain);
      this.#streams.push(stream);
      this.#waiting.push(stream);
      this.#arrived?.();
    });
  }

  static async listen(domain: string, certificate?: KeyAndCertificate): Promise<RawS2sServer> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RawS2sServer(server, domain, certificate);
  }

  /** How many connections there were. */
  get connections(): number {
    return this.#streams.length;
  }

  /** The next connection, of which nothing was read. */
  async accept(): Promise<RawS2s> {
    for (;;) {
      const stream = this.#waiting.shift();
      if (stream !== undefined) return stream;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  /** The next connection, up to the features of the stream on TLS. */
  async acceptSecure(id: string, features: string): Promise<RawS2s> {
    const stream = await this.accept();
    await stream.find('stream');
    stream.answer(`${id}-plain`, STARTTLS_FEATURE);
    await stream.find('starttls');
    if (this.#certificate === undefined) throw new Error(`${this.domain} has no certificate`);
    await stream.proceed(this.#certificate);
    await stream.find('stream');
    stream.answer(id, features);
    return stream;
  }

  close(): void {
    this.#server.close();
    for (const stream of this.#streams) stream.destroy();
  }
}
