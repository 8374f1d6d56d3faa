/** RFC 6120 §4: an XML stream over one TCP socket, with TLS below it when it comes to that */
import type { Socket } from 'node:net';
import {
  asStreamError,
  ClientSocket,
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
  type Stanza,
  StreamError,
  type StreamHeader,
  type StreamSink,
  serializeNonza,
  type TransportHost,
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

export class TcpConnection extends ClientSocket implements XmlLink, XmlSink, Flushable, Deadline, OpenConnection {
  heardAt: number;
  sink: StreamSink = endedSink;
  readonly #listener: TcpListener;
  #parser: XmlParser | undefined;
  #out = '';
  #isTrusted = false;
  #isPaused = false;
  /** Present until what was received is taken. */
  #waiting: Buffer[] | undefined;
  #isOpen = false;
  #isClosing = false;

  constructor(socket: Socket, address: string, listener: TcpListener) {
    const { core } = listener;
    super(socket, { address, transport: 'tcp' }, core);
    this.#listener = listener;
    this.heardAt = core.clock.now();
    this.#parser = new XmlParser(this, xmlLimits(core.limits, 'before login'));
    core.connections.add(this);
  }

  get startTls() {
    return this.#listener.startTls;
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

  override drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return super.drained();
  }

  override pause(): void {
    this.#isPaused = true;
    super.pause();
  }

  override resume(): void {
    this.#isPaused = false;
    super.resume();
    if (this.#waiting !== undefined) this.#listener.strangers.add(this);
  }

  restart(): void {
    this.#isOpen = false;
    this.#parser?.restart();
  }

  trust(): void {
    this.#isTrusted = true;
    if (this.#parser !== undefined) this.#parser.limits = xmlLimits(this.core.limits, 'logged in');
  }

  /** Direct TLS (XEP-0368): before anything was read. */
  startDirectTls(): void {
    this.#secure(undefined);
  }

  /** RFC 6120 §5.4.3.3: what was sent in the clear after starttls is not part of the protected stream. */
  secureNow(serverName: string): void {
    this.#waiting = undefined;
    this.#parser?.discardRest();
    this.#isOpen = false;
    const plain = this.socket;
    plain.pause();
    plain.removeAllListeners('data');
    const out = this.#out;
    this.#out = '';
    plain.write(out, () => {
      if (!this.#isClosing && !plain.destroyed) this.#secure(serverName);
    });
  }

  close(error?: StreamError): void {
    if (this.#isClosing) return;
    if (error !== undefined) {
      // RFC 6120 §4.9.1.2: an error before the header still gets a header
      if (!this.#isOpen) this.open({ from: '', id: '', lang: 'en' });
      this.send(error.toElement());
      this.core.log.info({ peer: this.peer.address, condition: error.condition, text: error.text }, 'stream error');
    }
    if (this.#isOpen) this.#queue('</stream:stream>');
    this.#isClosing = true;
    this.#parser = undefined;
    this.flush();
    this.socket.end();
    this.core.wheel.add(this, LINGER_MS);
  }

  /** The peer did not close its side. */
  due(): number {
    this.socket.destroy();
    return 0;
  }

  shutdown(): void {
    this.#fail(new StreamError('system-shutdown'));
  }

  abort(): void {
    this.socket.destroy();
  }

  flush(): void {
    const text = this.#out;
    if (text === '') return;
    this.#out = '';
    this.#write(text);
    if (this.socket.writableLength > this.core.limits.send_queue_bytes) {
      this.core.log.info({ peer: this.peer.address, bytes: this.socket.writableLength }, 'slow reader disconnected');
      this.socket.destroy();
    }
  }

  #write(text: string): void {
    if (this.#isTrusted || !this.secure || text.length <= TLS_PIECE) return void this.socket.write(text);
    const bytes = Buffer.from(text);
    this.socket.write(bytes.subarray(0, TLS_PIECE));
    this.socket.write(bytes.subarray(TLS_PIECE));
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
    this.heardAt = this.core.clock.now();
    if (this.#isTrusted && this.#waiting === undefined) return this.#read(bytes);
    const kept = Buffer.from(bytes);
    if (this.#waiting !== undefined) this.#waiting.push(kept);
    else {
      this.#waiting = [kept];
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
      this.#fail(asStreamError(error, this.core.log, this.peer));
    }
  }

  lost(): void {
    if (!this.core.connections.delete(this)) return;
    this.#isClosing = true;
    this.#parser = undefined;
    this.core.admission.leave(this.peer.address);
    this.core.wheel.remove(this);
    this.#tellEnd();
  }

  /** Ends the stream for a fault of the peer, or the server's end: what comes now is for nobody. */
  #fail(error: StreamError): void {
    this.close(error);
    // It is over, not lost: nobody waits for the client to resume it.
    this.sink.closed();
    this.#tellEnd();
  }

  #tellEnd(): void {
    const { sink } = this;
    this.sink = endedSink;
    sink.disconnected();
  }

  #queue(text: string): void {
    if (this.#isClosing) return;
    if (this.#out === '') this.#listener.flusher.add(this);
    this.#out += text;
  }

  #secure(serverName: string | undefined): void {
    const requestCert = this.core.tls.requestsClientCertificates;
    this.takeHandshake(serverName, { ALPNProtocols: ['xmpp-client'], requestCert, rejectUnauthorized: false });
    this.restart();
  }
}
