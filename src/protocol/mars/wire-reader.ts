/** protobuf.dev, Encoding: bytes into values, as long as nothing about them is unusual */

/** Up to here a string is made of codes faster than by the decoder of the platform; an array of them for each length. */
const SHORT_TEXT = 24;
const CODES = Array.from({ length: SHORT_TEXT + 1 }, (_, length) => new Array<number>(length).fill(0));
/** Numbers of four bytes at most. */
const MOST_SHIFT = 21;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Once it meets what it does not understand it is lost: it has nothing more, what it says means nothing, and the bytes are for
 * somebody who knows more.
 */
export class WireReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #end: number;
  #isLost = false;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Whether the message that is being read goes on. */
  get hasMore(): boolean {
    return this.#at < this.#end;
  }

  lose(): void {
    this.#isLost = true;
    this.#at = this.#end;
  }

  /** Also a tag. */
  uint32(): number {
    const bytes = this.#bytes;
    let value = 0;
    for (let shift = 0; shift <= MOST_SHIFT && this.#at < this.#end; shift += 7) {
      const byte = bytes[this.#at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    this.lose();
    return 0;
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  /** A view. */
  bytes(): Uint8Array {
    const length = this.#length();
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  string(): string {
    const length = this.#length();
    const start = this.#at - length;
    return length <= SHORT_TEXT ? this.#short(start, length) : this.#decoded(start, this.#at);
  }

  /** Of what comes next, which is passed. */
  #length(): number {
    const length = this.uint32();
    const end = this.#at + length;
    if (end <= this.#end) {
      this.#at = end;
      return length;
    }
    this.lose();
    return 0;
  }

  #short(start: number, length: number): string {
    const bytes = this.#bytes;
    const codes = CODES[length] as number[];
    for (let at = 0; at < length; at++) {
      const code = bytes[start + at] as number;
      if (code >= 0x80) return this.#decoded(start, start + length);
      codes[at] = code;
    }
    return String.fromCharCode.apply(undefined, codes);
  }

  #decoded(start: number, end: number): string {
    const bytes = this.#bytes;
    try {
      // Not by subarray, which makes views of the kind of the bytes: that takes longer, and is decoded slower.
      return decoder.decode(new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start));
    } catch {
      this.lose();
      return '';
    }
  }

  /** A message in the message: until `leave` it is what is read. What `leave` has to be given. */
  enter(): number {
    const length = this.uint32();
    const outer = this.#end;
    if (this.#at + length > outer) this.lose();
    else this.#end = this.#at + length;
    return outer;
  }

  leave(outer: number): void {
    this.#end = outer;
    if (this.#isLost) this.#at = outer;
  }
}
