/** RFC 6120 §4, §5: an XML stream with another server over one TCP socket, with TLS below it when it comes to that */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  clientAddress,
  type Deadline,
  type Element,
  escapeAttribute,
  type Flushable,
  type Flusher,
  NS_CLIENT,
  NS_SERVER,
  NS_STREAMS,
  type Stanza,
  StreamError,
  serializeNonza,
  type TransportHost,
  XmlError,
  XmlParser,
  type XmlSink,
  xmlLimits,
} from '#core';
import { type LinkSink, nobody } from './link-sink.ts';
import { asClient, asServer, type ClientTls } from './link-tls.ts';

export const NS_DIALBACK = 'jabber:server:dialback';

/** How long a peer may take to close its side after we closed ours. */
const LINGER_MS = 3_000;

export interface LinkEnvironment {
  readonly core: Pick<TransportHost, 'clock' | 'wheel' | 'log' | 'limits' | 'tls'>;
  readonly flusher: Flusher;
}

export interface ServerHeader {
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Of who answers a header. */
  readonly id?: string;
}

export class ServerLink implements XmlSink, Flushable, Deadline {
  /** IP address of the peer. */
  readonly address: string;
  sink: LinkSink = nobody;
  /** Milliseconds since 1970, of the last byte. */
  heardAt: number;
  bytesIn = 0;
  bytesOut = 0;
  /** Told of what was read, before it is looked at. */
  meter: ((bytes: number) => void) | undefined;
  readonly #environment: LinkEnvironment;
  #socket: Socket;
  #parser: XmlParser | undefined;
  #out = '';
  #isOpen = false;
  #isClosing = false;
  /** Our side of the stream is closed; the peer may still send. */
  #isFinished = false;
  #isGone = false;
  /** Reasons not to read. */
  #pauses = 0;
  #reason: Error | undefined;

  constructor(socket: Socket, environment: LinkEnvironment) {
    const { clock, limits } = environment.core;
    this.#environment = environment;
    this.#socket = socket;
    this.address = clientAddress(socket);
    this.heardAt = clock.now();
    this.#parser = new XmlParser(this, xmlLimits(limits, 'before login'));
    this.#own(socket);
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get tls(): TLSSocket | undefined {
    return this.#socket instanceof TLSSocket ? this.#socket : undefined;
  }

  /** Whether the peer does not read as fast as it is written to. */
  get isCongested(): boolean {
    return this.#out.length + this.#socket.writableLength > this.#environment.core.limits.send_queue_bytes / 4;
  }

  open({ from, to, id }: ServerHeader): void {
    this.#isOpen = true;
    const attribute = (name: string, value: string | undefined) =>
      value === undefined ? '' : ` ${name}="${escapeAttribute(value)}"`;
    this.write(
      `<?xml version="1.0"?><stream:stream xmlns="${NS_SERVER}" xmlns:stream="${NS_STREAMS}" xmlns:db="${NS_DIALBACK}" ` +
        `version="1.0"${attribute('id', id)}${attribute('from', from)}${attribute('to', to)} xml:lang="en">`,
    );
  }

  send(nonza: Element): void {
    this.write(serializeNonza(nonza, { declareStream: false, contextNs: NS_CLIENT }));
  }

  /** Its content is written as that of jabber:client is: here the same prefixless names are in jabber:server. */
  sendStanza(stanza: Stanza): void {
    this.write(stanza.toString(NS_CLIENT));
  }

  write(text: string): void {
    if (this.#isClosing || this.#isFinished) return;
    if (this.#out === '') this.#environment.flusher.add(this);
    this.#out += text;
  }

  /** Stops reading, until `resume` was called as often. */
  pause(): void {
    this.#pauses++;
    this.#socket.pause();
  }

  resume(): void {
    this.#pauses--;
    if (this.#pauses === 0 && !this.#isGone) this.#socket.resume();
  }

  /** Awaits a new header on the same connection. */
  restart(): void {
    this.#isOpen = false;
    this.#parser?.restart();
  }

  /** The limits of a server that is known hold from now on. */
  trust(): void {
    if (this.#parser !== undefined) this.#parser.limits = xmlLimits(this.#environment.core.limits, 'logged in');
  }

  /** Takes the part of the client in a TLS handshake, after <proceed/> or at once; the sink is told when it is done. */
  secureAsClient(options: ClientTls): void {
    this.#leavePlain((plain) => {
      const secured = asClient(plain, this.#environment.core.tls, options);
      secured.once('secureConnect', () => this.sink.secured());
      return secured;
    });
  }

  /** Takes the part of the server in a TLS handshake, after <proceed/> or at once. */
  secureAsServer(authorities: string | undefined): void {
    this.#leavePlain((plain) => asServer(plain, this.#environment.core.tls, authorities));
  }

  close(error?: StreamError): void {
    if (this.#isClosing) return;
    this.#writeEnd(error);
    this.#isClosing = true;
    this.#reason ??= error;
    this.#parser = undefined;
    this.flush();
    this.#socket.end();
    this.#environment.core.wheel.add(this, LINGER_MS);
  }

  /** §4.4: ends our side of the stream, and takes what comes until the peer has ended its own. */
  finish(error?: StreamError): void {
    if (this.#isClosing || this.#isFinished) return;
    this.#writeEnd(error);
    this.#isFinished = true;
    this.#environment.core.wheel.add(this, LINGER_MS);
  }

  #writeEnd(error: StreamError | undefined): void {
    if (error !== undefined) {
      // §4.9.1.2: an error before the header still gets a header
      if (!this.#isOpen) this.open({ from: undefined, to: undefined, id: '' });
      this.send(error.toElement());
    }
    if (this.#isOpen) this.write('</stream:stream>');
  }

  /** Drops the connection as it is. */
  cut(reason?: Error): void {
    this.#reason ??= reason;
    this.#socket.destroy();
  }

  /** The peer did not close its side. */
  due(): number {
    this.#socket.destroy();
    return 0;
  }

  flush(): void {
    const text = this.#out;
    if (text === '') return;
    this.#out = '';
    this.#socket.write(text);
    this.bytesOut += text.length;
    if (this.#socket.writableLength > this.#environment.core.limits.send_queue_bytes) {
      this.cut(new Error('it does not read what it is sent'));
    }
  }

  streamOpened(header: Element): void {
    const parser = this.#parser;
    if (parser === undefined) return;
    const { contentNs } = parser;
    // Inside of the server stanzas are in jabber:client, whoever sent them.
    if (contentNs === NS_SERVER) parser.contentNs = NS_CLIENT;
    this.sink.opened(header, contentNs);
  }

  element(element: Element): void {
    this.sink.element(element);
  }

  streamClosed(): void {
    this.sink.closed();
  }

  #received(bytes: Buffer): void {
    this.heardAt = this.#environment.core.clock.now();
    this.bytesIn += bytes.length;
    this.meter?.(bytes.length);
    try {
      this.#parser?.write(bytes);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What is not the peer's fault is a bug of ours: it ends this stream, and no other. */
  #refuse(error: unknown): void {
    if (error instanceof XmlError) {
      this.#reason = new StreamError(error.condition, error.message, { cause: error });
    } else {
      this.#environment.core.log.error({ err: error, peer: this.address }, 'a server connection failed');
      this.#reason = new StreamError('internal-server-error');
    }
    this.close(this.#reason as StreamError);
    this.#lost();
  }

  #lost(): void {
    const { sink } = this;
    this.sink = nobody;
    this.#isClosing = true;
    this.#parser = undefined;
    sink.lost(this.#reason);
  }

  /** §5.4.3.3: what came in the clear after the agreement on TLS is not part of the protected stream. */
  #leavePlain(wrap: (plain: Socket) => TLSSocket): void {
    this.#parser?.discardRest();
    this.#isOpen = false;
    const plain = this.#socket;
    plain.pause();
    plain.removeAllListeners('data');
    const out = this.#out;
    this.#out = '';
    const begin = (): void => {
      if (this.#isClosing || plain.destroyed) return;
      this.#socket = wrap(plain);
      this.#own(this.#socket);
      this.restart();
    };
    if (out === '') begin();
    else plain.write(out, begin);
  }

  #own(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
    socket.on('drain', () => this.sink.drained());
    socket.on('error', (error) => {
      this.#reason ??= error;
      socket.destroy();
    });
    socket.on('close', () => {
      // With TLS both sockets tell.
      if (this.#isGone) return;
      this.#isGone = true;
      this.#environment.core.wheel.remove(this);
      this.#lost();
    });
  }
}
