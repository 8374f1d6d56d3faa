/** RFC 7395 §3: an XML stream whose elements are WebSocket messages */
import { isAscii } from 'node:buffer';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import {
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
  tlsChannelBinding,
  tlsChannelBindings,
  XmlError,
  type XmlLimits,
  type XmlLink,
  xmlLimits,
} from '#core';

/** Each message is a document: it inherits no namespace (RFC 7395 §3.3.3). */
const STANDALONE = { contextNs: '', declareStream: true };

/** RFC 6455 §7.4.1 */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;

/** How long a peer may take for its side of the closing handshake. */
const LINGER_MS = 3_000;

/** What the connections of one listener share. */
export interface WebSocketShared {
  readonly core: TransportHost;
  readonly flusher: Flusher;
}

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('connection');
type OwnedWebSocket = WebSocket & { [OWNER]?: WebSocketConnection };

export class WebSocketConnection implements XmlLink, Flushable, Deadline, OpenConnection {
  readonly peer: Peer;
  /** TLS is below the WebSocket, never inside of it (RFC 7395 §3.9). */
  readonly startTls = 'off';
  readonly certificateJids = undefined;
  heardAt: number;
  sink: StreamSink = endedSink;
  readonly #shared: WebSocketShared;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #limits: XmlLimits;
  #out: string[] = [];
  #isOpen = false;
  #isClosing = false;

  constructor(ws: OwnedWebSocket, socket: Duplex, peer: Peer, shared: WebSocketShared) {
    const { core } = shared;
    this.#shared = shared;
    this.#ws = ws;
    this.#socket = socket;
    this.peer = peer;
    this.heardAt = core.clock.now();
    this.#limits = xmlLimits(core.limits, 'before login');
    core.connections.add(this);
    ws[OWNER] = this;
    ws.on('message', onMessage);
    ws.on('ping', onPing);
    ws.on('error', onError);
    ws.on('close', onClose);
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

  /** Its own frame tells, since a compressed message is not with the socket yet; nobody answers a pong (RFC 6455 §5.5.3). */
  drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return new Promise((resolve) => this.#ws.pong('', false, (error?: Error | null) => resolve(!error)));
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  restart(): void {
    this.#isOpen = false;
  }

  trust(): void {
    this.#limits = xmlLimits(this.#shared.core.limits, 'logged in');
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
    this.#ws.terminate();
    return 0;
  }

  abort(): void {
    this.#ws.terminate();
  }

  flush(): void {
    const out = this.#out;
    if (out.length === 0) return;
    this.#out = [];
    this.#socket.cork();
    for (const text of out) this.#ws.send(text);
    this.#socket.uncork();
    const bytes = this.#ws.bufferedAmount;
    const { core } = this.#shared;
    if (bytes > core.limits.send_queue_bytes) {
      core.log.info({ peer: this.peer.address, bytes }, 'slow reader disconnected');
      this.#ws.terminate();
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
      this.#fail(this.#asStreamError(error));
    }
  }

  heard(): void {
    this.heardAt = this.#shared.core.clock.now();
  }

  /** The WebSocket library refused what came, and closes with the code of RFC 6455 §7.4.1. */
  refused(error: Error): void {
    this.#shared.core.log.info({ peer: this.peer.address, err: error }, 'websocket error');
  }

  lost(): void {
    const { connections, admission, wheel } = this.#shared.core;
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
      this.#shared.core.log.info({ peer: this.peer.address, condition, text }, 'stream error');
    }
    this.#queue(`<close xmlns="${NS_FRAMING}"/>`);
    this.#isClosing = true;
    this.flush();
    this.#ws.close(code);
    this.#shared.core.wheel.add(this, LINGER_MS);
  }

  /** What is not the peer's fault is a bug of ours: it ends this stream, and no other. */
  #asStreamError(error: unknown): StreamError {
    if (error instanceof XmlError) return new StreamError(error.condition, error.message, { cause: error });
    this.#shared.core.log.error({ err: error, peer: this.peer.address }, 'a connection failed');
    return new StreamError('internal-server-error');
  }

  #tellEnd(): void {
    const { sink } = this;
    this.sink = endedSink;
    sink.disconnected();
  }

  #queue(text: string): void {
    if (this.#isClosing) return;
    if (this.#out.push(text) === 1) this.#shared.flusher.add(this);
  }
}

function onMessage(this: OwnedWebSocket, message: RawData, isBinary: boolean): void {
  // The default binaryType gives one Buffer.
  this[OWNER]?.received(message as Buffer, isBinary);
}

function onPing(this: OwnedWebSocket): void {
  this[OWNER]?.heard();
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[OWNER]?.refused(error);
}

function onClose(this: OwnedWebSocket): void {
  this[OWNER]?.lost();
}
