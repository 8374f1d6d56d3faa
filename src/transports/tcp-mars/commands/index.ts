/** What a client with a session can ask; each command has its file */
import { StanzaError } from '#core';
import { Command } from '#protocol/mars';
import type { Request } from '../request.ts';
import { changeMembership, createGroup } from '../rooms/group.ts';
import { room } from '../rooms/index.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { changePassword, deleteAccount } from './account.ts';
import { ack } from './ack.ts';
import { directConnect } from './direct-connect.ts';
import { friends } from './friends.ts';
import { history } from './history.ts';
import { iq } from './iq.ts';
import { message } from './message.ts';
import { presence } from './presence.ts';
import { getProfile, setProfile } from './profile.ts';
import { roster } from './roster.ts';
import { rpc } from './rpc.ts';
import { scene } from './scene.ts';
import { sceneAction } from './scene-action.ts';
import { sceneMove } from './scene-move.ts';
import { sceneTalk } from './scene-talk.ts';

/** @throws StanzaError the request is refused */
export type TakeCommand = (mars: MarsSession, request: Request) => void;

/** By command id. */
export const commands: ReadonlyMap<number, TakeCommand> = new Map<number, TakeCommand>([
  [Command.hello, alreadyIn],
  [Command.auth, alreadyIn],
  [Command.resume, alreadyIn],
  [Command.register, alreadyIn],
  [Command.logout, (mars, request) => mars.logOut(request)],
  [Command.message, message],
  [Command.ack, ack],
  [Command.presence, presence],
  [Command.iq, iq],
  [Command.roster, roster],
  [Command.history, history],
  [Command.scene, scene],
  [Command.sceneMove, sceneMove],
  [Command.sceneAction, sceneAction],
  [Command.sceneTalk, sceneTalk],
  [Command.room, room],
  [Command.createGroup, createGroup],
  [Command.groupMembership, changeMembership],
  [Command.rpc, rpc],
  [Command.deleteAccount, deleteAccount],
  [Command.changePassword, changePassword],
  [Command.getProfile, getProfile],
  [Command.setProfile, setProfile],
  [Command.friends, friends],
  [Command.directConnect, directConnect],
]);

function alreadyIn(): void {
  throw new StanzaError('unexpected-request', 'this connection has a session already');
}
