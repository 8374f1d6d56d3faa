import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeFrame, type Frame, FrameDecoder, FrameError, HEADER_BYTES, MAX_FRAME_BYTES } from './frame.ts';

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

/** The frames of chunks that come one after the other. */
function decode(chunks: Iterable<Uint8Array>, decoder = new FrameDecoder()): Frame[] {
  const frames: Frame[] = [];
  for (const chunk of chunks) decoder.push(chunk, (frame) => frames.push(frame));
  return frames;
}

function header(head: number, body: number, { littleEndian = false } = {}): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(HEADER_BYTES));
  [head, 200, 6, 1, body].forEach((value, at) => {
    bytes.setUint32(4 * at, value, littleEndian);
  });
  return new Uint8Array(bytes.buffer);
}

function faultOf(...chunks: readonly Uint8Array[]): string | undefined {
  try {
    decode(chunks);
    return undefined;
  } catch (error) {
    if (error instanceof FrameError) return error.fault;
    throw error;
  }
}

/** Every byte in a chunk of its own. */
const drip = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte));

const uint32 = fc.nat(0xffff_ffff);
const frame = fc.record({ version: uint32, cmdid: uint32, seq: uint32, body: fc.uint8Array({ maxLength: 200 }) });
type Parts = Pick<Frame, 'version' | 'cmdid' | 'seq' | 'body'>;
const encode = ({ version, cmdid, seq, body }: Parts) => encodeFrame(version, cmdid, seq, body);
/** With a body that no memory is shared with, so that two of them can be compared. */
const plain = ({ version, cmdid, seq, body }: Parts) => ({
  version,
  cmdid,
  seq,
  body: Buffer.from(body).toString('hex'),
});

describe('encoding', () => {
  it('is five integers in network byte order, and the body', () => {
    const bytes = encodeFrame(200, 1010, 0xffff_fffe, Buffer.from('hi'));
    expect(Buffer.from(bytes).toString('hex')).toBe('00000014000000c8000003f2fffffffe000000026869');
  });

  it('refuses what the library would not take', () => {
    expect(encodeFrame(0, 1, 1, new Uint8Array(MAX_FRAME_BYTES - HEADER_BYTES))).toHaveLength(MAX_FRAME_BYTES);
    expect(() => encodeFrame(0, 1, 1, new Uint8Array(MAX_FRAME_BYTES - HEADER_BYTES + 1))).toThrow(FrameError);
  });
});

describe('decoding', () => {
  it('refuses options where they are not wanted', () => {
    const strict = () => new FrameDecoder(MAX_FRAME_BYTES, HEADER_BYTES);
    expect(decode([header(20, 0)], strict())).toHaveLength(1);
    expect(() => decode([header(21, 0), Uint8Array.of(0)], strict())).toThrow('no options are taken here');
  });

  it('takes a frame that comes byte by byte', () => {
    const frames = decode(drip(encodeFrame(200, 1010, 7, Buffer.from('hello'))));
    expect(frames.map(plain)).toEqual([plain({ version: 200, cmdid: 1010, seq: 7, body: Buffer.from('hello') })]);
  });

  it('takes a thousand frames of one chunk, in order', () => {
    const all = Array.from({ length: 1_000 }, (_, at) => encodeFrame(200, 1010, at, Buffer.from(`body ${at}`)));
    const frames = decode([Buffer.concat(all)]);
    expect(frames.map(({ seq }) => seq)).toEqual(all.map((_, at) => at));
    expect(text(frames[999]?.body ?? new Uint8Array())).toBe('body 999');
  });

  it('does not copy the body of a frame that came in one chunk', () => {
    const chunk = encodeFrame(200, 1010, 7, Buffer.from('hello'));
    const [{ body } = { body: new Uint8Array() }] = decode([chunk]);
    expect(body.buffer).toBe(chunk.buffer);
  });

  it('skips options between header and body', () => {
    const bytes = Buffer.concat([header(24, 2), Buffer.from('opts'), Buffer.from('hi')]);
    for (const chunks of [[bytes], drip(bytes)]) expect(decode(chunks).map(({ body }) => text(body))).toEqual(['hi']);
  });

  it('takes frames without a body', () => {
    expect(decode([header(20, 0), header(30, 0), new Uint8Array(10)]).map(({ body }) => body.length)).toEqual([0, 0]);
  });

  it('takes exactly 1 MiB, and not a byte more', () => {
    const body = new Uint8Array(MAX_FRAME_BYTES - HEADER_BYTES).fill(1);
    const bytes = encodeFrame(200, 1010, 7, body);
    const [taken] = decode([bytes.subarray(0, 70_000), bytes.subarray(70_000)]);
    expect(Buffer.compare(taken?.body ?? new Uint8Array(), body)).toBe(0);
    expect(faultOf(header(20, MAX_FRAME_BYTES - 20 + 1))).toBe('frame-too-long');
    expect(faultOf(header(21, MAX_FRAME_BYTES - 20))).toBe('frame-too-long');
  });

  it('has the limit it is given', () => {
    const decoder = new FrameDecoder(100);
    expect(decode([encodeFrame(0, 1, 1, new Uint8Array(80))], decoder)).toHaveLength(1);
    expect(() => decode([encodeFrame(0, 1, 1, new Uint8Array(81))], decoder)).toThrow('more than 100');
  });

  it.each([
    ['a head length of 0', header(0, 0), 'head-too-short'],
    ['a head length of 19', header(19, 1), 'head-too-short'],
    ['a sum that is small in 32 bits', header(0xffff_ffff, 21), 'frame-too-long'],
    ['another sum that is small in 32 bits', header(20, 0xffff_ffff), 'frame-too-long'],
    ['both as large as can be', header(0xffff_ffff, 0xffff_ffff), 'frame-too-long'],
    ['a little-endian header', header(20, 5, { littleEndian: true }), 'little-endian'],
    ['a little-endian header with options', header(24, 0, { littleEndian: true }), 'little-endian'],
    ['something of HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x'), 'frame-too-long'],
    ['a TLS record', Buffer.from('16030100c8010000c40303000102030405060708', 'hex'), 'frame-too-long'],
  ])('refuses %s', (_, bytes, fault) => {
    expect(faultOf(bytes)).toBe(fault);
    expect(faultOf(...drip(bytes))).toBe(fault);
    // What came before is not lost.
    const seen: number[] = [];
    const before = encodeFrame(0, 1, 9, new Uint8Array(3));
    expect(() => new FrameDecoder().push(Buffer.concat([before, bytes]), ({ seq }) => seen.push(seq))).toThrow();
    expect(seen).toEqual([9]);
  });

  it('takes nothing more after a refusal', () => {
    const decoder = new FrameDecoder();
    expect(() => decode([header(0, 0)], decoder)).toThrow(FrameError);
    expect(() => decode([encodeFrame(0, 1, 1, new Uint8Array(0))], decoder)).toThrow(FrameError);
  });

  it('holds what has come and not what was announced', () => {
    const decoder = new FrameDecoder();
    decode([header(20, 1_000_000), new Uint8Array(500)], decoder);
    expect(decoder.held).toBe(520);
  });

  it('gives the same frames wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 60 }), (frames, sizes) => {
        const bytes = Buffer.concat(frames.map(encode));
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(decode(chunks).map(plain)).toEqual(frames.map(plain));
      }),
      { numRuns: 2_000, seed: 1010 },
    );
  });
});
