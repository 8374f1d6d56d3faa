/** RFC 6455 §5.6: the binary messages of a WebSocket as a link of bytes; where one ends and the next begins does not matter */
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { RawData, WebSocket } from 'ws';
import { type ByteLink, type ByteSink, type Peer, tlsChannelBinding, tlsChannelBindings } from '#core';

/** RFC 6455 §7.4.1 */
const NORMAL = 1000;
const UNSUPPORTED_DATA = 1003;

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('link');
type OwnedWebSocket = WebSocket & { [OWNER]?: WebSocketByteLink };

export class WebSocketByteLink implements ByteLink {
  readonly peer: Peer;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  #sink: ByteSink | undefined;

  constructor(ws: OwnedWebSocket, socket: Duplex, peer: Peer) {
    this.peer = peer;
    this.#ws = ws;
    this.#socket = socket;
    ws[OWNER] = this;
    ws.on('message', onMessage);
    ws.on('error', onError);
    ws.on('close', onClose);
  }

  get sink(): ByteSink {
    return this.#sink as ByteSink;
  }
  set sink(sink: ByteSink) {
    this.#sink = sink;
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

  get queued(): number {
    return this.#ws.bufferedAmount;
  }

  write(bytes: Uint8Array): void {
    this.#ws.send(bytes);
  }

  /** Its own frame tells, since a compressed message is not with the socket yet; nobody answers a pong (§5.5.3). */
  drained(): Promise<boolean> {
    return new Promise((resolve) => this.#ws.pong('', false, (error?: Error | null) => resolve(!error)));
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  end(): void {
    this.#ws.close(NORMAL);
  }

  destroy(): void {
    this.#ws.terminate();
  }

  received(message: Buffer, isBinary: boolean): void {
    if (isBinary) this.sink.received(message);
    else this.#ws.close(UNSUPPORTED_DATA, 'messages are binary');
  }

  lost(): void {
    this.sink.lost();
  }
}

function onMessage(this: OwnedWebSocket, message: RawData, isBinary: boolean): void {
  // The default binaryType gives one Buffer.
  this[OWNER]?.received(message as Buffer, isBinary);
}

/** The close that follows says all that matters. */
function onError(): void {}

function onClose(this: OwnedWebSocket): void {
  this[OWNER]?.lost();
}
