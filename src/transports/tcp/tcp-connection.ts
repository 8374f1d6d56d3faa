/** RFC 6120 §4: an XML stream over one TCP socket, with TLS below it when it comes to that */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  certificateJids,
  type Deadline,
  type EachTurn,
  type Element,
  endedSink,
  escapeAttribute,
  type Flushable,
  type Flusher,
  NS_CLIENT,
  NS_STREAMS,
  type OpenConnection,
  type Peer,
  type Stanza,
  StreamError,
  type StreamHeader,
  type StreamSink,
  serializeNonza,
  type TransportHost,
  tlsChannelBinding,
  tlsChannelBindings,
  XmlError,
  type XmlLink,
  XmlParser,
  type XmlSink,
  xmlLimits,
} from '#core';

/** How long a peer may take to close its side after we closed ours. */
const LINGER_MS = 3_000;

/** What the connections of one listener share. */
export interface TcpListener {
  readonly core: TransportHost;
  readonly flusher: Flusher;
  readonly startTls: 'required' | 'optional' | 'off';
  /** Those that sent something before they have logged in: a few in each turn, whoever comes all at once. */
  readonly strangers: EachTurn<TcpConnection>;
}

/**
 * Node keeps 16 KB more for a TLS connection once it is given more than 1 KB at a time: what every client is told before it has
 * logged in goes in two writes.
 */
const TLS_PIECE = 960;

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('connection');
type OwnedSocket = Socket & { [OWNER]?: TcpConnection };

export class TcpConnection implements XmlLink, XmlSink, Flushable, Deadline, OpenConnection {
  readonly peer: Peer;
  heardAt: number;
  readonly #listener: TcpListener;
  #socket: Socket;
  #parser: XmlParser | undefined;
  #sink: StreamSink | undefined;
  #out = '';
  #isTrusted = false;
  #isPaused = false;
  /** Present until what was received is taken. */
  #waiting: Buffer[] | undefined;
  #isOpen = false;
  #isClosing = false;

  constructor(socket: Socket, address: string, listener: TcpListener) {
    const { core } = listener;
    this.#listener = listener;
    this.#socket = socket;
    this.peer = { address, transport: 'tcp' };
    this.heardAt = core.clock.now();
    this.#parser = new XmlParser(this, xmlLimits(core.limits, 'before login'));
    core.connections.add(this);
    this.#own(socket);
  }

  get sink(): StreamSink {
    return this.#sink as StreamSink;
  }
  set sink(sink: StreamSink) {
    this.#sink = sink;
  }

  get #core(): TransportHost {
    return this.#listener.core;
  }

  get startTls() {
    return this.#listener.startTls;
  }

  get secure(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  get channelBindings() {
    return this.#socket instanceof TLSSocket ? tlsChannelBindings(this.#socket) : [];
  }

  channelBinding(type: string): Uint8Array | undefined {
    return this.#socket instanceof TLSSocket ? tlsChannelBinding(this.#socket, type) : undefined;
  }

  get certificateJids() {
    return this.#socket instanceof TLSSocket ? certificateJids(this.#socket) : undefined;
  }

  open({ from, to, id, lang }: StreamHeader): void {
    this.#isOpen = true;
    const addressed = to === undefined ? '' : ` to="${escapeAttribute(to)}"`;
    this.#queue(
      `<?xml version="1.0"?><stream:stream xmlns="${NS_CLIENT}" xmlns:stream="${NS_STREAMS}" version="1.0" ` +
        `id="${id}" from="${escapeAttribute(from)}"${addressed} xml:lang="${lang}">`,
    );
  }

  send(nonza: Element): void {
    this.#queue(serializeNonza(nonza, { declareStream: false, contextNs: NS_CLIENT }));
  }

  write(stanza: Stanza): void {
    this.#queue(stanza.toString(NS_CLIENT));
  }

  drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return new Promise((resolve) => this.#socket.write('', (error) => resolve(!error)));
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#socket.resume();
    if (this.#waiting !== undefined) this.#listener.strangers.add(this);
  }

  restart(): void {
    this.#isOpen = false;
    this.#parser?.restart();
  }

  trust(): void {
    this.#isTrusted = true;
    if (this.#parser !== undefined) this.#parser.limits = xmlLimits(this.#core.limits, 'logged in');
  }

  /** Direct TLS (XEP-0368): before anything was read. */
  startDirectTls(): void {
    this.#socket.removeAllListeners('data');
    this.#wrap(undefined);
  }

  /** RFC 6120 §5.4.3.3: what was sent in the clear after starttls is not part of the protected stream. */
  secureNow(serverName: string): void {
    this.#waiting = undefined;
    this.#parser?.discardRest();
    this.#isOpen = false;
    const plain = this.#socket;
    plain.pause();
    plain.removeAllListeners('data');
    const out = this.#out;
    this.#out = '';
    plain.write(out, () => {
      if (!this.#isClosing && !plain.destroyed) this.#wrap(serverName);
    });
  }

  close(error?: StreamError): void {
    if (this.#isClosing) return;
    if (error !== undefined) {
      // RFC 6120 §4.9.1.2: an error before the header still gets a header
      if (!this.#isOpen) this.open({ from: '', id: '', lang: 'en' });
      this.send(error.toElement());
      this.#core.log.info({ peer: this.peer.address, condition: error.condition, text: error.text }, 'stream error');
    }
    if (this.#isOpen) this.#queue('</stream:stream>');
    this.#isClosing = true;
    this.#parser = undefined;
    this.flush();
    this.#socket.end();
    this.#core.wheel.add(this, LINGER_MS);
  }

  /** The peer did not close its side. */
  due(): number {
    this.#socket.destroy();
    return 0;
  }

  shutdown(): void {
    this.#fail(new StreamError('system-shutdown'));
  }

  abort(): void {
    this.#socket.destroy();
  }

  flush(): void {
    const text = this.#out;
    if (text === '') return;
    this.#out = '';
    this.#write(text);
    if (this.#socket.writableLength > this.#core.limits.send_queue_bytes) {
      this.#core.log.info({ peer: this.peer.address, bytes: this.#socket.writableLength }, 'slow reader disconnected');
      this.#socket.destroy();
    }
  }

  #write(text: string): void {
    if (this.#isTrusted || !this.secure || text.length <= TLS_PIECE) return void this.#socket.write(text);
    const bytes = Buffer.from(text);
    this.#socket.write(bytes.subarray(0, TLS_PIECE));
    this.#socket.write(bytes.subarray(TLS_PIECE));
  }

  streamOpened(header: Element): void {
    this.sink.opened(header, this.#parser?.contentNs ?? '');
  }

  element(element: Element): void {
    this.sink.element(element);
  }

  streamClosed(): void {
    this.sink.closed();
  }

  received(bytes: Buffer): void {
    this.heardAt = this.#core.clock.now();
    if (this.#waiting !== undefined) this.#waiting.push(bytes);
    else if (this.#isTrusted) this.#read(bytes);
    else {
      this.#waiting = [bytes];
      this.#listener.strangers.add(this);
    }
  }

  /** Its turn among the strangers has come. */
  take(): void {
    while (this.#waiting !== undefined && !this.#isPaused) {
      const bytes = this.#waiting.shift();
      if (bytes === undefined) this.#waiting = undefined;
      else this.#read(bytes);
    }
  }

  #read(bytes: Buffer): void {
    try {
      this.#parser?.write(bytes);
    } catch (error) {
      this.#fail(this.#asStreamError(error));
    }
  }

  /** Resets are everyday life; what TLS says is the trace of an attack or of a wrong configuration. */
  failed(error: NodeJS.ErrnoException): void {
    const isOfTls = error.code?.startsWith('ERR_SSL_') || error.code?.startsWith('ERR_TLS_');
    if (isOfTls) this.#core.log.info({ peer: this.peer.address, code: error.code }, 'TLS failed');
  }

  lost(): void {
    // With TLS both sockets tell.
    if (!this.#core.connections.delete(this)) return;
    this.#isClosing = true;
    this.#parser = undefined;
    this.#core.admission.leave(this.peer.address);
    this.#core.wheel.remove(this);
    this.#tellEnd();
  }

  /** Ends the stream for a fault of the peer, or the server's end: what comes now is for nobody. */
  #fail(error: StreamError): void {
    this.close(error);
    // It is over, not lost: nobody waits for the client to resume it.
    this.#sink?.closed();
    this.#tellEnd();
  }

  /** What is not the peer's fault is a bug of ours: it ends this stream, and no other. */
  #asStreamError(error: unknown): StreamError {
    if (error instanceof XmlError) return new StreamError(error.condition, error.message, { cause: error });
    this.#core.log.error({ err: error, peer: this.peer.address }, 'a connection failed');
    return new StreamError('internal-server-error');
  }

  #tellEnd(): void {
    const sink = this.#sink;
    this.#sink = endedSink;
    sink?.disconnected();
  }

  #queue(text: string): void {
    if (this.#isClosing) return;
    if (this.#out === '') this.#listener.flusher.add(this);
    this.#out += text;
  }

  #wrap(serverName: string | undefined): void {
    const { tls } = this.#core;
    const secured = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext: tls.context(serverName),
      SNICallback: (name, answer) => answer(null, tls.context(name)),
      ALPNProtocols: ['xmpp-client'],
      requestCert: tls.requestsClientCertificates,
      rejectUnauthorized: false,
    });
    this.#own(secured);
    this.#socket = secured;
    this.restart();
  }

  #own(socket: OwnedSocket): void {
    socket[OWNER] = this;
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
  }
}

function onData(this: OwnedSocket, bytes: Buffer): void {
  this[OWNER]?.received(bytes);
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.failed(error);
  this.destroy();
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.lost();
}
