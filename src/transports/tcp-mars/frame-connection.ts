/** One connection that carries Mars frames, whatever they mean: bytes in and out, and its end */
import {
  type ByteLink,
  type ByteSink,
  type Deadline,
  type Flushable,
  type OpenConnection,
  type Peer,
  StreamError,
} from '#core';
import { type Frame, type FrameDecoder, FrameError } from '#protocol/mars';
import type { FrameListener } from './frame-listener.ts';

/** How long a peer may take to close its side after we closed ours. */
const LINGER_MS = 3_000;

export abstract class FrameConnection<Listener extends FrameListener>
  implements ByteSink, Flushable, Deadline, OpenConnection
{
  readonly peer: Peer;
  readonly listener: Listener;
  heardAt: number;
  protected readonly link: ByteLink;
  /** Present while a frame is incomplete. */
  #decoder: FrameDecoder | undefined;
  /** The first frame that waits to leave, and those after it. There is none most of the time, and then seldom more than one. */
  #out: Uint8Array | undefined;
  #more: Uint8Array[] | undefined;
  #isClosing = false;

  constructor(link: ByteLink, listener: Listener) {
    const { core } = listener;
    this.link = link;
    this.peer = link.peer;
    this.listener = listener;
    this.heardAt = core.clock.now();
    core.connections.add(this);
    link.sink = this;
  }

  /** The most bytes that a frame of the peer may have now. */
  protected abstract readonly frameBytes: number;
  /** @throws what `failed` is then told */
  protected abstract frame(frame: Frame): void;
  /** What came cannot be gone on after. */
  protected abstract failed(error: unknown): void;
  /** @returns ms until it wants to be asked again; 0 for never */
  protected abstract openDue(now: number): number;
  /** The connection is gone. */
  protected abstract gone(): void;
  abstract shutdown(): void;

  /** What is not the peer's fault is a bug of ours: it ends this connection, and no other. */
  protected asStreamError(error: unknown): StreamError {
    if (error instanceof StreamError) return error;
    if (error instanceof FrameError) return new StreamError('bad-format', error.message, { cause: error });
    this.listener.core.log.error({ err: error, peer: this.peer.address }, 'a connection failed');
    return new StreamError('internal-server-error');
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  protected queue(frame: Uint8Array): void {
    if (this.#out === undefined) {
      this.#out = frame;
      this.listener.flusher.add(this);
    } else if (this.#more === undefined) this.#more = [frame];
    else this.#more.push(frame);
  }

  flush(): void {
    const out = this.#out;
    const more = this.#more;
    if (out === undefined) return;
    this.#out = undefined;
    this.#more = undefined;
    this.link.write(more === undefined ? out : Buffer.concat([out, ...more]));
    const { queued: bytes } = this.link;
    if (bytes <= this.listener.core.limits.send_queue_bytes) return;
    this.listener.core.log.info({ peer: this.peer.address, bytes }, 'slow reader disconnected');
    this.link.destroy();
  }

  drained(): Promise<boolean> {
    if (this.#isClosing) return Promise.resolve(false);
    this.flush();
    return this.link.drained();
  }

  pause(): void {
    this.link.pause();
  }

  resume(): void {
    this.link.resume();
  }

  received(bytes: Buffer): void {
    this.heardAt = this.listener.core.clock.now();
    if (this.#isClosing) return;
    const decoder = this.#decoder ?? this.listener.takeDecoder(this.frameBytes);
    this.#decoder = undefined;
    try {
      decoder.push(bytes, (frame) => {
        if (!this.#isClosing) this.frame(frame);
      });
      if (decoder.held > 0) this.#decoder = decoder;
      else this.listener.giveBack(decoder);
    } catch (error) {
      this.failed(error);
    }
  }

  /** Closes after what is queued. */
  protected end(): void {
    this.#isClosing = true;
    this.#decoder = undefined;
    this.flush();
    this.link.end();
    this.listener.core.wheel.add(this, LINGER_MS);
  }

  /** One entry of the wheel for all that can fall due. */
  due(now: number): number {
    if (!this.#isClosing) return this.openDue(now);
    this.link.destroy();
    return 0;
  }

  /** @param ms `due` is to be called then at the latest */
  wakeIn(ms: number): void {
    if (!this.#isClosing) this.listener.core.wheel.add(this, ms);
  }

  abort(): void {
    this.link.destroy();
  }

  lost(): void {
    const { connections, admission, wheel } = this.listener.core;
    if (!connections.delete(this)) return;
    this.#isClosing = true;
    this.#decoder = undefined;
    admission.leave(this.peer.address);
    wheel.remove(this);
    this.gone();
  }
}
