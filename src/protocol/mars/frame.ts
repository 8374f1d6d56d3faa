/** The long-link frame of Tencent Mars: five unsigned 32-bit integers in network byte order, options, and a body */

export const HEADER_BYTES = 20;
/** The library closes a connection that brings a longer frame; its header counts. */
export const MAX_FRAME_BYTES = 1_048_576;

export class Frame {
  /** What the client gave itself; it takes only frames with the same. */
  readonly version: number;
  readonly cmdid: number;
  readonly seq: number;
  /** The body is what is in here from `start` to `end`: the chunk, when the frame came in one. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;

  /** @param at where the header begins, in `bytes` */
  constructor(bytes: Uint8Array, at: number, length: number) {
    this.version = readUint32(bytes, at + 4);
    this.cmdid = readUint32(bytes, at + 8);
    this.seq = readUint32(bytes, at + 12);
    this.bytes = bytes;
    this.end = at + length;
    // Options stand between header and body.
    this.start = this.end - readUint32(bytes, at + 16);
  }

  /** A view. */
  get body(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }
}

/** Why a frame is refused. There is no way to go on after it. */
export type FrameFault = 'head-too-short' | 'head-too-long' | 'little-endian' | 'frame-too-long';

export class FrameError extends Error {
  override readonly name = 'FrameError';
  readonly fault: FrameFault;

  constructor(fault: FrameFault, message: string) {
    super(message);
    this.fault = fault;
  }
}

/** Frames out of chunks that were cut anywhere. */
export class FrameDecoder {
  readonly maxBytes: number;
  readonly #maxHeadBytes: number;
  /** The beginning of a frame whose end has not come; `#held` bytes of it count. */
  #partial = new Uint8Array(0);
  #held = 0;
  #refusal: FrameError | undefined;

  /**
   * @param maxBytes of a frame with its header and options
   * @param maxHeadBytes of header and options
   */
  constructor(maxBytes = MAX_FRAME_BYTES, maxHeadBytes = maxBytes) {
    this.maxBytes = maxBytes;
    this.#maxHeadBytes = maxHeadBytes;
  }

  /**
   * Calls `onFrame` for each frame that is complete. A chunk must not be written to again, as bodies are views of it.
   * @throws FrameError, again and again
   */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    let at = this.#held === 0 ? 0 : this.#complete(chunk, onFrame);
    while (chunk.length - at >= HEADER_BYTES) {
      const bytes = this.#frameBytes(chunk, at);
      if (chunk.length - at < bytes) break;
      onFrame(new Frame(chunk, at, bytes));
      at += bytes;
    }
    if (at < chunk.length) this.#hold(chunk, at, chunk.length - at, chunk.length - at);
  }

  /** How many bytes wait for the rest of their frame. */
  get held(): number {
    return this.#held;
  }

  /** Ends the frame that has begun. How many bytes of `chunk` belong to it. */
  #complete(chunk: Uint8Array, onFrame: (frame: Frame) => void): number {
    let taken = 0;
    if (this.#held < HEADER_BYTES) {
      taken = Math.min(HEADER_BYTES - this.#held, chunk.length);
      this.#hold(chunk, 0, taken, HEADER_BYTES);
      if (this.#held < HEADER_BYTES) return taken;
    }
    const bytes = this.#frameBytes(this.#partial, 0);
    const rest = Math.min(bytes - this.#held, chunk.length - taken);
    this.#hold(chunk, taken, rest, bytes);
    if (this.#held === bytes) {
      const whole = this.#partial;
      this.#partial = new Uint8Array(0);
      this.#held = 0;
      onFrame(new Frame(whole, 0, bytes));
    }
    return taken + rest;
  }

  /** Room is made for what has come, at most twice as much: a header alone claims no memory. */
  #hold(chunk: Uint8Array, from: number, bytes: number, limit: number): void {
    const needed = this.#held + bytes;
    if (needed > this.#partial.length) {
      const larger = new Uint8Array(Math.max(needed, Math.min(2 * needed, limit)));
      larger.set(this.#partial.subarray(0, this.#held));
      this.#partial = larger;
    }
    this.#partial.set(chunk.subarray(from, from + bytes), this.#held);
    this.#held = needed;
  }

  #frameBytes(bytes: Uint8Array, at: number): number {
    const head = readUint32(bytes, at);
    // Both are below 2^32, and so their sum is exact.
    const total = head + readUint32(bytes, at + 16);
    if (head >= HEADER_BYTES && head <= this.#maxHeadBytes && total <= this.maxBytes) return total;
    this.#refusal = refusalOf(head, total, this.maxBytes);
    throw this.#refusal;
  }
}

function refusalOf(head: number, total: number, maxBytes: number): FrameError {
  if (head < HEADER_BYTES) return new FrameError('head-too-short', `the head length is ${head}, less than 20`);
  const swapped = ((head & 0xff) << 24) | ((head & 0xff00) << 8) | ((head >>> 8) & 0xff00) | (head >>> 24);
  if (head > maxBytes && swapped >= HEADER_BYTES && swapped <= 0xff) {
    return new FrameError('little-endian', 'the header is little-endian; it has to be in network byte order');
  }
  if (total <= maxBytes)
    return new FrameError('head-too-long', `the head length is ${head}: no options are taken here`);
  return new FrameError('frame-too-long', `the frame has ${total} bytes, more than ${maxBytes}`);
}

/** @throws FrameError frame-too-long: the library would not take it */
export function encodeFrame(version: number, cmdid: number, seq: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(HEADER_BYTES + body.length);
  writeHeader(frame, 0, version, cmdid, seq, body.length);
  frame.set(body, HEADER_BYTES);
  return frame;
}

/** For frames that are put one after the other into one buffer. @throws FrameError frame-too-long */
export function writeHeader(
  target: Uint8Array,
  at: number,
  version: number,
  cmdid: number,
  seq: number,
  bodyBytes: number,
): void {
  const total = HEADER_BYTES + bodyBytes;
  if (total > MAX_FRAME_BYTES) throw refusalOf(HEADER_BYTES, total, MAX_FRAME_BYTES);
  writeUint32(target, at, HEADER_BYTES);
  writeUint32(target, at + 4, version);
  writeUint32(target, at + 8, cmdid);
  writeUint32(target, at + 12, seq);
  writeUint32(target, at + 16, bodyBytes);
}

/** What is not there is read as 0. */
function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0
  );
}

function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
