/** protobuf.dev, Encoding: values into bytes */

/** Pieces of one buffer, one after the other: to get a small one of its own costs more than to fill it. */
const SLAB_BYTES = 16_384;
/** Up to here a loop is faster than the encoder of the platform, and one byte holds the length. */
const SHORT_TEXT = 127;
/** The same where memory encodes in place. */
const SHORT_TEXT_IN_PLACE = 24;
const LOW_32 = 0xffff_ffffn;

/** Of Node, bytes that encode texts; others leave it to TextEncoder. */
export interface Memory extends Uint8Array {
  write?(text: string, at: number): number;
}

export class WireWriter {
  readonly #allocate: (bytes: number) => Memory;
  readonly #shortText: number;
  #bytes: Memory;
  #view: DataView;
  /** Where that begins which is not finished. */
  #start = 0;
  #at = 0;
  readonly #encoder = new TextEncoder();

  /** @param allocate memory whose beginning is that of its buffer */
  constructor(allocate: (bytes: number) => Memory = (bytes) => new Uint8Array(bytes)) {
    this.#allocate = allocate;
    this.#bytes = allocate(SLAB_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
    this.#shortText = this.#bytes.write === undefined ? SHORT_TEXT : SHORT_TEXT_IN_PLACE;
  }

  /** What was written since the last time, in memory of its own: to be kept. */
  finish(): Uint8Array {
    const written = new Uint8Array(this.#bytes.subarray(this.#start, this.#at));
    if (this.#bytes.length > SLAB_BYTES) this.#use(this.#allocate(SLAB_BYTES), 0);
    else this.reset();
    return written;
  }

  /** The same in memory that is shared with what is written next: for what is soon done with. */
  share(): Uint8Array {
    const written = this.#bytes.subarray(this.#start, this.#at);
    if (this.#bytes.length > SLAB_BYTES) this.#use(this.#allocate(SLAB_BYTES), 0);
    else this.#start = this.#at;
    return written;
  }

  /** Forgets what is not finished. */
  reset(): void {
    this.#at = this.#start;
  }

  /** Leaves out bytes, for whoever gets what is finished to fill. */
  skip(bytes: number): void {
    this.#room(bytes);
    this.#at += bytes;
  }

  uint32(value: number): void {
    this.#room(5);
    this.#at = this.#varint(this.#at, value);
  }

  /** Negative ones are 64 bits long. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.int64(value);
  }

  sint32(value: number): void {
    this.uint32(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** @param value a number when it is an integer that a number can be */
  int64(value: bigint | number): void {
    this.#room(10);
    const isNumber = typeof value === 'number';
    let low = isNumber ? value >>> 0 : Number(value & LOW_32);
    let high = isNumber ? Math.floor(value / 2 ** 32) >>> 0 : Number((value >> 32n) & LOW_32);
    while (high > 0) {
      this.#bytes[this.#at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#at = this.#varint(this.#at, low);
  }

  float(value: number): void {
    this.#room(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.#room(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** What is encoded already. */
  raw(encoded: Uint8Array): void {
    const { length } = encoded;
    this.#room(length);
    const bytes = this.#bytes;
    const start = this.#at;
    // It is short: a loop is faster than the copy of the platform.
    for (let at = 0; at < length; at++) bytes[start + at] = encoded[at] as number;
    this.#at = start + length;
  }

  string(text: string): void {
    if (text.length <= this.#shortText && this.#ascii(text)) return;
    const start = this.begin();
    this.#room(3 * text.length);
    this.#at +=
      this.#bytes.write?.(text, this.#at) ?? this.#encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written;
    this.end(start);
  }

  /** Something whose length is not known yet. What `end` has to be given. */
  begin(): number {
    this.#room(1);
    return ++this.#at - this.#start;
  }

  end(begun: number): void {
    let start = this.#start + begun;
    const length = this.#at - start;
    if (length >= 0x80) {
      const more = lengthOfVarint(length) - 1;
      this.#room(more);
      start = this.#start + begun;
      this.#bytes.copyWithin(start + more, start, this.#at);
      this.#at += more;
    }
    this.#varint(start - 1, length);
  }

  /** Whether it was written: nothing is, when a character needs more than a byte. */
  #ascii(text: string): boolean {
    this.#room(text.length + 1);
    const bytes = this.#bytes;
    const start = this.#at + 1;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 0x80) return false;
      bytes[start + at] = code;
    }
    bytes[this.#at] = text.length;
    this.#at = start + text.length;
    return true;
  }

  #varint(at: number, value: number): number {
    const bytes = this.#bytes;
    let end = at;
    let rest = value;
    for (; rest >= 0x80; rest >>>= 7) bytes[end++] = (rest & 0x7f) | 0x80;
    bytes[end++] = rest;
    return end;
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    const begun = this.#bytes.subarray(this.#start, this.#at);
    const needed = begun.length + bytes;
    const larger = this.#allocate(needed <= SLAB_BYTES / 2 ? SLAB_BYTES : 2 * needed);
    larger.set(begun);
    this.#use(larger, begun.length);
  }

  #use(bytes: Memory, begun: number): void {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
    this.#start = 0;
    this.#at = begun;
  }
}

function lengthOfVarint(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest >>>= 7) length++;
  return length;
}
