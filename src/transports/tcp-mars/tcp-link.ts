/** A TCP socket as a link of bytes, with TLS below when the first byte is that of a TLS handshake (RFC 8446 §5.1) */
import type { Socket } from 'node:net';
import { type ByteLink, type ByteSink, ClientSocket, type TransportHost } from '#core';

/** Content type handshake. A frame begins with the highest byte of a short length, which is 0. */
const TLS_HANDSHAKE = 0x16;

export class TcpLink extends ClientSocket implements ByteLink {
  #sink: ByteSink | undefined;
  #isFirst = true;

  constructor(socket: Socket, address: string, core: TransportHost) {
    super(socket, { address, transport: 'tcp-mars' }, core);
  }

  get sink(): ByteSink {
    return this.#sink as ByteSink;
  }
  set sink(sink: ByteSink) {
    this.#sink = sink;
  }

  get queued(): number {
    return this.socket.writableLength;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  end(): void {
    this.socket.end();
  }

  destroy(): void {
    this.socket.destroy();
  }

  received(bytes: Buffer): void {
    if (this.#isFirst) {
      this.#isFirst = false;
      if (bytes[0] === TLS_HANDSHAKE) return this.#secure(bytes);
    }
    this.sink.received(Buffer.from(bytes));
  }

  lost(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    sink?.lost();
  }

  #secure(first: Buffer): void {
    this.socket.pause();
    this.socket.unshift(Buffer.from(first));
    this.takeHandshake(undefined);
  }
}
