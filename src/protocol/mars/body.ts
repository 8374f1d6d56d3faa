/** The body of a frame, by proto/tharsis.proto: the envelope and the payload of the command */
import { fromBinary } from '@bufbuild/protobuf';
import { type Body, BodySchema } from './gen/tharsis_pb.ts';
import type { BodyInit } from './init.ts';
import { type Fields, MessageEncoder } from './message-encoder.ts';
import { WireWriter } from './wire-writer.ts';

/** The bytes are no body. */
export class BodyError extends Error {
  override readonly name = 'BodyError';
}

const encoder = new MessageEncoder(BodySchema);
const writer = new WireWriter();

export function encodeBody(body: BodyInit): Uint8Array {
  try {
    encoder.write(writer, body as Fields);
    return writer.finish();
  } catch (error) {
    writer.reset();
    throw error;
  }
}

/** Fields of type bytes are views of the body. @throws BodyError */
export function decodeBody(bytes: Uint8Array): Body {
  try {
    return fromBinary(BodySchema, bytes, READ);
  } catch (cause) {
    throw new BodyError('the body cannot be read', { cause });
  }
}

/** What a newer client may say is skipped. */
const READ = { readUnknownFields: false } as const;
