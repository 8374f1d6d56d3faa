/** The operations of goim: the command ids of its frames. An answer has the number after that of its request. */
export const Operation = {
  heartbeat: 2,
  heartbeatReply: 3,
  call: 4,
  /** Also a push, with sequence number 0. */
  callReply: 5,
  /** A push before the server closes. */
  disconnect: 6,
  auth: 7,
  authReply: 8,
  changeRoom: 15,
  changeRoomReply: 16,
  time: 254,
  timeReply: 255,
} as const;

/** Bytes of a package with its header, both ways. */
export const MAX_PACKAGE_BYTES = 8_192;

/** Of a push: the user has logged in elsewhere. */
export const LOGIN_ELSEWHERE = 9;
