/** The body of push 1031, put together of movements that are encoded already: each is encoded once for all who see it */
import { BodySchema, type SceneMove, SceneMoveSchema, SceneMovesSchema } from './gen/tharsis_pb.ts';
import type { Init } from './init.ts';
import { MessageEncoder } from './message-encoder.ts';
import { WireWriter } from './wire-writer.ts';

/** The wire type of what has a length. */
const LENGTH = 2;
const [BODY, SCENE, TICK, MOVE] = [
  (BodySchema.field.sceneMoves.number << 3) | LENGTH,
  (SceneMovesSchema.field.scene.number << 3) | LENGTH,
  SceneMovesSchema.field.tick.number << 3,
  (SceneMovesSchema.field.moves.number << 3) | LENGTH,
];

const encoder = new MessageEncoder(SceneMoveSchema);
const writer = new WireWriter();

/** A movement as it stands among the others. */
export function encodeSceneMove(move: Init<SceneMove>): Uint8Array {
  writer.uint32(MOVE);
  const start = writer.begin();
  encoder.write(writer, move);
  writer.end(start);
  return writer.finish();
}

/** @param moves each from `encodeSceneMove` */
export function encodeSceneMoves(scene: string, tick: number, moves: Iterable<Uint8Array>): Uint8Array {
  writer.uint32(BODY);
  const start = writer.begin();
  writer.uint32(SCENE);
  writer.string(scene);
  writer.uint32(TICK);
  writer.uint32(tick >>> 0);
  for (const move of moves) writer.raw(move);
  writer.end(start);
  return writer.finish();
}
