/** Frames with a body of every kind, changed at random: each is decoded, or refused with an error of ours */
import { BodyError, decodeBody, encodeBody, encodeFrame, type Frame, FrameDecoder, FrameError } from '#protocol/mars';
import { bodies } from './bodies.ts';

export interface Outcome {
  readonly rounds: number;
  /** Frames that came out, of what was changed. */
  frames: number;
  bodies: number;
  refusedFrames: number;
  refusedBodies: number;
}

/** Most frames in one stream. */
const STREAM_FRAMES = 4;
const LIMIT = 4_096;

/** @throws whatever is no FrameError and no BodyError, and Error when more is held than came */
export function mutate(rounds: number, seed: number): Outcome {
  const random = randomFrom(seed);
  const seeds = bodies.map((body) => encodeBody(body));
  const outcome = { rounds, frames: 0, bodies: 0, refusedFrames: 0, refusedBodies: 0 };
  for (let round = 0; round < rounds; ) {
    const count = Math.min(1 + random(STREAM_FRAMES), rounds - round);
    const stream = changed(
      Buffer.concat(Array.from({ length: count }, () => frameOf(pick(seeds, random), random))),
      random,
    );
    round += count;
    read(stream, random, outcome);
  }
  return outcome;
}

function read(stream: Uint8Array, random: (below: number) => number, outcome: Outcome): void {
  const decoder = new FrameDecoder(LIMIT);
  const onFrame = ({ body }: Frame): void => {
    outcome.frames++;
    try {
      decodeBody(body);
      outcome.bodies++;
    } catch (error) {
      if (!(error instanceof BodyError)) throw error;
      outcome.refusedBodies++;
    }
  };
  try {
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random(random(2) === 0 ? 16 : 600);
      decoder.push(stream.subarray(at, at + size), onFrame);
      at += size;
      if (decoder.held > Math.min(at, LIMIT)) throw new Error('more is held than came');
    }
  } catch (error) {
    if (!(error instanceof FrameError)) throw error;
    outcome.refusedFrames++;
  }
}

function frameOf(body: Uint8Array, random: (below: number) => number): Uint8Array {
  return encodeFrame(200, 1000 + random(111), random(2 ** 32), changed(Buffer.from(body), random));
}

/** With up to three bytes changed, a piece doubled, left out or cut off; sometimes as it was. */
function changed(bytes: Buffer, random: (below: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const at = random(bytes.length);
  const end = at + random(bytes.length - at + 1);
  switch (random(6)) {
    case 0:
      return bytes;
    case 1:
      return bytes.subarray(0, at);
    case 2:
      return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(end)]);
    default:
      for (let times = 1 + random(3); times > 0; times--) bytes[random(bytes.length)] = random(256);
      return bytes;
  }
}

function pick<T>(values: readonly T[], random: (below: number) => number): T {
  return values[random(values.length)] as T;
}

/** mulberry32: the same numbers for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}
