/** Every command there is, for the command line, which has no server behind it */
import type { CommandSpec } from '#core';
import { groupCreate, roomList, roomSay, roomTop } from '../modules/muc/specs.ts';
import { userMute, userUnmute } from '../modules/mute/specs.ts';
import { reportClose, reportList } from '../modules/reports/specs.ts';
import { rpcBackends, rpcNotify } from '../modules/rpc/specs.ts';
import { sceneList, sceneMove, sceneSay, sceneTop } from '../modules/scene/specs.ts';
import { messageBroadcast, messageProgress, messageSend, messageStop } from './specs/message.ts';
import { s2sClose, s2sList, s2sTest } from './specs/s2s.ts';
import { serverReload, serverStatus, serverStop } from './specs/server.ts';
import { sessionCount, sessionDrain, sessionKick, sessionList, sessionRedirect } from './specs/session.ts';
import { tokenCreate, tokenList, tokenRevoke } from './specs/token.ts';
import {
  userAdd,
  userBan,
  userDelete,
  userDisable,
  userEnable,
  userList,
  userPasswd,
  userUnban,
} from './specs/user.ts';

/** In the order of help texts. */
export const commandSpecs: readonly CommandSpec[] = [
  serverStatus,
  serverReload,
  serverStop,
  userAdd,
  userPasswd,
  userDelete,
  userList,
  userDisable,
  userEnable,
  userBan,
  userUnban,
  userMute,
  userUnmute,
  reportList,
  reportClose,
  sessionList,
  sessionCount,
  sessionKick,
  sessionRedirect,
  sessionDrain,
  groupCreate,
  roomList,
  roomTop,
  roomSay,
  messageSend,
  messageBroadcast,
  messageProgress,
  messageStop,
  sceneMove,
  sceneList,
  sceneTop,
  sceneSay,
  rpcBackends,
  rpcNotify,
  tokenCreate,
  tokenList,
  tokenRevoke,
  s2sList,
  s2sTest,
  s2sClose,
];
