/** A TCP socket as a link of bytes, with TLS below when the first byte is that of a TLS handshake (RFC 8446 §5.1) */
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  type ByteLink,
  type ByteSink,
  type Peer,
  type TransportHost,
  tlsChannelBinding,
  tlsChannelBindings,
} from '#core';

/** Content type handshake. A frame begins with the highest byte of a short length, which is 0. */
const TLS_HANDSHAKE = 0x16;

/** One symbol instead of a closure per event and connection. */
const OWNER = Symbol('link');
type OwnedSocket = Socket & { [OWNER]?: TcpLink };

export class TcpLink implements ByteLink {
  readonly peer: Peer;
  readonly #core: TransportHost;
  #socket: Socket;
  #sink: ByteSink | undefined;
  #isFirst = true;

  /** @param socket paused */
  constructor(socket: Socket, address: string, core: TransportHost) {
    this.peer = { address, transport: 'tcp-mars' };
    this.#core = core;
    this.#socket = socket;
    this.#own(socket);
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
    return this.#socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  drained(): Promise<boolean> {
    return new Promise((resolve) => this.#socket.write('', (error) => resolve(!error)));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  received(bytes: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      if (bytes[0] === TLS_HANDSHAKE) return this.#startTls(bytes);
    }
    this.sink.received(bytes);
  }

  /** What TLS says is the trace of an attack or of a wrong configuration; resets are everyday life. */
  failed(error: NodeJS.ErrnoException): void {
    const isOfTls = error.code?.startsWith('ERR_SSL_') || error.code?.startsWith('ERR_TLS_');
    if (isOfTls) this.#core.log.info({ peer: this.peer.address, code: error.code }, 'TLS failed');
  }

  /** With TLS both sockets tell. */
  lost(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.lost();
  }

  #startTls(first: Buffer): void {
    const plain = this.#socket;
    const { tls } = this.#core;
    plain.pause();
    plain.removeAllListeners('data');
    plain.unshift(first);
    const secured = new TLSSocket(plain, {
      isServer: true,
      secureContext: tls.context(undefined),
      SNICallback: (name, answer) => answer(null, tls.context(name)),
    });
    this.#own(secured);
    this.#socket = secured;
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
