/** RFC 7395 §3: an XML stream whose elements are WebSocket messages */
import { isAscii } from 'node:buffer';
import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import {
  asStreamError,
  type Deadline,
  Element,
  endedSink,
  escapeAttribute,
  type Flushable,
  type Flusher,
  NS_CLIENT,
  NS_FRAMING,
  NS_STREAMS,
  type OpenConnection,
  type Peer,
  parseDocument,
  type Stanza,
  StreamError,
  type StreamHeader,
  type StreamSink,
  serializeNonza,
  type TransportHost,
  type XmlLimits,
  type XmlLink,
  xmlLimits,
} from '#core';
import { ClientWebSocket, NORMAL, UNSUPPORTED_DATA } from './client-web-socket.ts';

/** Each message is a document: it inherits no namespace (RFC 7395 §3.3.3). */
const STANDALONE = { contextNs: '', declareStream: true };

/** How long a peer may take for its side of the closing handshake. */
const LINGER_MS = 3_000;

/** What the connections of one listener share. */
export interface WebSocketShared {
  readonly core: TransportHost;
  readonly flusher: Flusher;
}

export class WebSocketConnection extends ClientWebSocket implements XmlLink, Flushable, Deadline, OpenConnection {
  /** TLS is below the WebSocket, never inside of it (RFC 7395 §3.9). */
  readonly startTls = 'off';
  readonly certificateJids = undefined;
  heardAt: number;
  sink: StreamSink = endedSink;
  readonly #flusher: Flusher;
  #limits: XmlLimits;
  #out: string[] = [];
  #isOpen = false;
  #isClosing = false;

  constructor(ws: WebSocket, socket: Duplex, peer: Peer, { core, flusher }: WebSocketShared) {
    super(ws, socket, peer, core);
    this.#flusher = flusher;
    this.heardAt = core.clock.now();
    this.#limits = xmlLimits(core.limits, 'before login');
    core.connections.add(this);
  }

  open({ from, to, id, lang }: StreamHeader): void {
    this.#isOpen = true;
    const addressed = to === undefined ? '' : ` to="${escapeAttribute(to)}"`;
    this.#queue(
      `<open xmlns="${NS_FRAMING}" version="1.0" id="${id}" from="${escapeAttribute(from)}"${addressed} xml:lang="${lang}"/>`,
    );
  }

  send(nonza: Element): void {
    this.#queue(serializeNonza(nonza, STANDALONE));
  }

  write(stanza: Stanza): void {
    this.#queue(stanza.toString(''));
  }

  override drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return super.drained();
  }

  restart(): void {
    this.#isOpen = false;
  }

  trust(): void {
    this.#limits = xmlLimits(this.core.limits, 'logged in');
  }

  secureNow(): void {
    throw new Error('no TLS is negotiated inside of a WebSocket');
  }

  close(error?: StreamError): void {
    this.#end(NORMAL, error);
  }

  shutdown(): void {
    this.#fail(new StreamError('system-shutdown'));
  }

  /** The peer did not close its side. */
  due(): number {
    this.ws.terminate();
    return 0;
  }

  abort(): void {
    this.ws.terminate();
  }

  flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#out = [];
    this.socket.cork();
    for (const text of out) this.ws.send(text);
    this.socket.uncork();
    const bytes = this.ws.bufferedAmount;
    const { core } = this;
    if (bytes > core.limits.send_queue_bytes) {
      core.log.info({ peer: this.peer.address, bytes }, 'slow reader disconnected');
      this.ws.terminate();
    }
  }

  received(message: Buffer, isBinary: boolean): void {
    this.heard();
    if (this.#isClosing) return;
    // RFC 7395 §3.2
    if (isBinary) return this.#fail(new StreamError('bad-format', 'a message is text'), UNSUPPORTED_DATA);
    try {
      this.#take(parseDocument(message.toString(isAscii(message) ? 'latin1' : 'utf8'), this.#limits));
    } catch (error) {
      this.#fail(asStreamError(error, this.core.log, this.peer));
    }
  }

  override heard(): void {
    this.heardAt = this.core.clock.now();
  }

  lost(): void {
    const { connections, admission, wheel } = this.core;
    this.#isClosing = true;
    connections.delete(this);
    admission.leave(this.peer.address);
    wheel.remove(this);
    this.#tellEnd();
  }

  #take(element: Element): void {
    if (element.ns === NS_FRAMING) {
      if (element.name === 'open') return this.#opened(element);
      if (element.name === 'close') return this.sink.closed();
    }
    // RFC 7395 §3.4: a stream begins with <open/>, also the one after SASL
    if (!this.#isOpen) return this.#fail(new StreamError('invalid-namespace', 'a stream begins with <open/>'));
    this.sink.element(element);
  }

  #opened({ attrs }: Element): void {
    if (this.#isOpen) return this.#fail(new StreamError('bad-format', 'the stream is open already'));
    this.sink.opened(new Element('stream', NS_STREAMS, attrs), NS_CLIENT);
  }

  /** Ends the stream for a fault of the peer, or the server's end: what comes now is for nobody. */
  #fail(error: StreamError, code = NORMAL): void {
    this.#end(code, error);
    // It is over, not lost: nobody waits for the client to resume it.
    this.sink.closed();
    this.#tellEnd();
  }

  /** RFC 7395 §3.6: the stream is closed first, then the WebSocket. */
  #end(code: number, error?: StreamError): void {
    if (this.#isClosing) return;
    if (error !== undefined) {
      // RFC 6120 §4.9.1.2: an error before the header still gets a header
      if (!this.#isOpen) this.open({ from: '', id: '', lang: 'en' });
      this.send(error.toElement());
      const { condition, text } = error;
      this.core.log.info({ peer: this.peer.address, condition, text }, 'stream error');
    }
    this.#queue(`<close xmlns="${NS_FRAMING}"/>`);
    this.#isClosing = true;
    this.flush();
    this.ws.close(code);
    this.core.wheel.add(this, LINGER_MS);
  }

  #tellEnd(): void {
    const { sink } = this;
    this.sink = endedSink;
    sink.disconnected();
  }

  #queue(text: string): void {
    if (this.#isClosing) return;
    if (this.#out.push(text) === 1) this.#flusher.add(this);
  }
}
