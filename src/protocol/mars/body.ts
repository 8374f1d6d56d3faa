/** The body of a frame, by proto/tharsis.proto: the envelope and the payload of the command */
import { fromBinary } from '@bufbuild/protobuf';
import { HEADER_BYTES, MAX_FRAME_BYTES, writeHeader } from './frame.ts';
import { type Body, BodySchema, type RouterLogin, RouterLoginSchema } from './gen/tharsis_pb.ts';
import type { BodyInit } from './init.ts';
import { type Fields, MessageEncoder } from './message-encoder.ts';
import { readUsualBody } from './usual-body-reader.ts';
import { writeUsualBody } from './usual-body-writer.ts';
import { type Memory, WireWriter } from './wire-writer.ts';

/** The bytes are no body. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

const encoder = new MessageEncoder(BodySchema);
const loginEncoder = new MessageEncoder(RouterLoginSchema);
const writer = new WireWriter();

export function encodeBody(body: BodyInit): Uint8Array {
  write(writer, body);
  return writer.finish();
}

/** What 1050 says, by itself: a router is told by its digest from one that says something else. It is not to be kept. */
export function encodeRouterLogin(login: RouterLogin): Uint8Array {
  loginEncoder.write(writer, login as unknown as Fields);
  return writer.share();
}

/** Makes frames with their bodies at once, to be sent and not kept: they share their memory. */
export class FrameEncoder {
  readonly #writer: WireWriter;

  /** @param allocate memory for many frames, which need not be cleared */
  constructor(allocate?: (bytes: number) => Memory) {
    this.#writer = new WireWriter(allocate);
  }

  /** Undefined when it has more bytes than `most`. */
  encode(version: number, cmdid: number, seq: number, body: BodyInit, most = MAX_FRAME_BYTES): Uint8Array | undefined {
    this.#writer.skip(HEADER_BYTES);
    write(this.#writer, body);
    const frame = this.#writer.share();
    if (frame.length > most) return undefined;
    writeHeader(frame, 0, version, cmdid, seq, frame.length - HEADER_BYTES);
    return frame;
  }
}

function write(writer: WireWriter, body: BodyInit): void {
  try {
    if (!writeUsualBody(writer, body)) encoder.write(writer, body as Fields);
  } catch (error) {
    writer.reset();
    throw error;
  }
}

/**
 * The body is all of the bytes, or those from `start` to `end`. Fields of type bytes are views of it.
 * @throws BodyError
 */
export function decodeBody(bytes: Uint8Array, start = 0, end = bytes.length): Body {
  return readUsualBody(bytes, start, end) ?? decodeAny(bytes.subarray(start, end));
}

function decodeAny(bytes: Uint8Array): Body {
  try {
    return fromBinary(BodySchema, bytes, READ);
  } catch (cause) {
    throw new BodyError('the body cannot be read', { cause });
  }
}

/** What a newer client may say is skipped. */
const READ = { readUnknownFields: false } as const;
