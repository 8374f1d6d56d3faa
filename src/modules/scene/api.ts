/** Scenes for other faces than XMPP: what a transport or a module of games needs, with a sink for each member */
import { type Awaitable, type Message, StanzaError } from '#core';
import { act } from './act.ts';
import type { Service } from './config.ts';
import { enter, type Newcomer } from './enter.ts';
import { leave } from './leave.ts';
import { move } from './move.ts';
import type { Action, Member, Movement } from './scene.ts';
import type { Channel } from './settings.ts';
import { talk } from './talk.ts';

/** All throw StanzaError to refuse, with the conditions of docs/protocol/scene.md §9. */
export interface SceneApi {
  /** @param scene localpart of its JID */
  enter(scene: string, newcomer: Newcomer): Awaitable<Member>;
  move(member: Member, movement: Movement): void;
  watch(member: Member, watches: boolean): void;
  act(member: Member, action: Action): void;
  /** @param message its content, whatever its addresses */
  talk(member: Member, channel: Channel, message: Message): void;
  leave(member: Member): void;
}

export function sceneApi(service: Service): SceneApi {
  return {
    enter: (scene, newcomer) => enter(service, scene, newcomer),
    move: (member, movement) => move(service, here(member), movement),
    watch: (member, watches) => here(member).scene.watch(member, watches),
    act: (member, action) => act(service, here(member), action),
    talk: (member, channel, message) => talk(service, here(member), channel, message),
    leave: (member) => leave(service, member),
  };
}

/** @throws StanzaError not-acceptable for one who has left */
function here(member: Member): Member {
  if (member.scene.member(member.nick) === member) return member;
  throw new StanzaError('not-acceptable', 'you are not in the scene');
}
