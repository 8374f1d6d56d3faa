/** The Mars protocol, for both sides and for browsers: imports nothing of the server and nothing of Node */
export { BodyError, decodeBody, encodeBody, encodeRouterLogin, FrameEncoder } from './body.ts';
export {
  Command,
  IDENTIFY_SEQ,
  LAST_TASK_SEQ,
  NOOP_SEQ,
  PUSH_SEQ,
  SIGNALLING_SEQ,
} from './commands.ts';
export {
  encodeFrame,
  Frame,
  FrameDecoder,
  FrameError,
  type FrameFault,
  HEADER_BYTES,
  MAX_FRAME_BYTES,
  writeHeader,
} from './frame.ts';
export * from './gen/tharsis_pb.ts';
export type { BodyInit, ExtensionInit, Init, MessageInit, PresenceInit } from './init.ts';
export * from './noise/index.ts';
export { encodeSceneMove, encodeSceneMoves } from './scene-moves.ts';
