/** What the connections of one listener share, whatever their frames mean */
import { Flusher, type TransportHost } from '#core';
import { FrameDecoder } from '#protocol/mars';

export class FrameListener {
  readonly core: TransportHost;
  readonly flusher: Flusher;
  /** Free ones, for frames that come whole: only who has sent a part of one holds a decoder. */
  readonly #decoders = new Map<number, FrameDecoder>();

  constructor(core: TransportHost) {
    this.core = core;
    this.flusher = new Flusher(core.commit);
  }

  /** A decoder in which nothing waits. @param frameBytes the most a frame may have */
  takeDecoder(frameBytes: number): FrameDecoder {
    const free = this.#decoders.get(frameBytes);
    if (free === undefined) return this.makeDecoder(frameBytes);
    this.#decoders.delete(frameBytes);
    return free;
  }

  protected makeDecoder(frameBytes: number): FrameDecoder {
    return new FrameDecoder(frameBytes);
  }

  /** Nothing waits in it. */
  giveBack(frameBytes: number, decoder: FrameDecoder): void {
    this.#decoders.set(frameBytes, decoder);
  }
}
