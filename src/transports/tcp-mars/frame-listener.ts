/** What the connections of one listener share, whatever their frames mean */
import { Flusher, type TransportHost } from '#core';
import { FrameDecoder } from '#protocol/mars';

export class FrameListener {
  readonly core: TransportHost;
  readonly flusher: Flusher;
  /** For frames that come whole: only who has sent a part of one holds a decoder. */
  #free: FrameDecoder | undefined;

  constructor(core: TransportHost) {
    this.core = core;
    this.flusher = new Flusher(core.commit);
  }

  /** A decoder in which nothing waits. @param frameBytes the most a frame may have */
  takeDecoder(frameBytes: number): FrameDecoder {
    const free = this.#free;
    this.#free = undefined;
    return free?.maxBytes === frameBytes ? free : this.makeDecoder(frameBytes);
  }

  protected makeDecoder(frameBytes: number): FrameDecoder {
    return new FrameDecoder(frameBytes);
  }

  /** Nothing waits in it. */
  giveBack(decoder: FrameDecoder): void {
    this.#free = decoder;
  }
}
