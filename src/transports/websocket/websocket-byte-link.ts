/** RFC 6455 §5.6: the binary messages of a WebSocket as a link of bytes; where one ends and the next begins does not matter */
import type { ByteLink, ByteSink } from '#core';
import { ClientWebSocket, NORMAL, UNSUPPORTED_DATA } from './client-web-socket.ts';

export class WebSocketByteLink extends ClientWebSocket implements ByteLink {
  #sink: ByteSink | undefined;

  get sink(): ByteSink {
    return this.#sink as ByteSink;
  }
  set sink(sink: ByteSink) {
    this.#sink = sink;
  }

  get queued(): number {
    return this.ws.bufferedAmount;
  }

  write(bytes: Uint8Array): void {
    this.ws.send(bytes);
  }

  end(): void {
    this.ws.close(NORMAL);
  }

  destroy(): void {
    this.ws.terminate();
  }

  received(message: Buffer, isBinary: boolean): void {
    if (isBinary) this.sink.received(message);
    else this.ws.close(UNSUPPORTED_DATA, 'messages are binary');
  }

  lost(): void {
    this.sink.lost();
  }
}
