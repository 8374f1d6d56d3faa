/** The command ids of Mars frames: those of the library, and those of proto/tharsis.proto */

export const Command = {
  /** Heartbeat, answered with the same. */
  noop: 6,
  /** Keeps an address translation alive; never answered. */
  signalling: 243,

  hello: 1000,
  auth: 1001,
  resume: 1002,
  logout: 1003,
  message: 1010,
  ack: 1011,
  presence: 1012,
  iq: 1013,
  roster: 1014,
  history: 1016,
  room: 1020,
  scene: 1030,
  sceneMove: 1031,
  sceneAction: 1032,
  sceneTalk: 1033,
  rpc: 1040,
  routerLogin: 1050,
  routerLogout: 1051,
  routerReassert: 1052,
  register: 1060,
  deleteAccount: 1061,
  changePassword: 1062,
  getProfile: 1063,
  setProfile: 1064,
  friends: 1065,
  createGroup: 1066,
  groupMembership: 1067,
  directConnect: 1068,

  // Pushes: sequence number 0.
  stanza: 1100,
  kick: 1101,
  redirect: 1102,
  replayDone: 1103,
  ackRequest: 1104,
  batch: 1105,
  streamError: 1106,
  directOffer: 1107,
  multiPush: 1110,
} as const;

export type Command = (typeof Command)[keyof typeof Command];

/** Sequence number of a frame that answers nothing and is not answered. */
export const PUSH_SEQ = 0;
/** What the library uses besides its task ids, which run from 1 to 0xFFFFFFEF. */
export const NOOP_SEQ = 0xffff_ffff;
export const IDENTIFY_SEQ = 0xffff_fffe;
export const SIGNALLING_SEQ = 0xffff_fffd;
export const LAST_TASK_SEQ = 0xffff_ffef;
