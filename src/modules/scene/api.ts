/** docs/protocol/scene.md §11: what the module offers to transports that are not XMPP */
import { type SceneApi, StanzaError } from '#core';
import { act } from './act.ts';
import type { Service } from './config.ts';
import { enter } from './enter.ts';
import { leave } from './leave.ts';
import { move } from './move.ts';
import type { Member } from './scene.ts';

export function sceneApi(service: Service): SceneApi {
  return {
    enter: (scene, newcomer) => enter(service, scene, newcomer),
    inSight: (member: Member) => here(member).scene.space.inSight(member),
    move: (member: Member, movement) => move(service, here(member), movement),
    watch: (member: Member, watches) => here(member).scene.watch(member, watches),
    act: (member: Member, action) => act(service, here(member), action),
    leave: (member: Member) => leave(service, member),
  };
}

/** @throws StanzaError not-acceptable for one who has left */
function here(member: Member): Member {
  if (member.scene.member(member.nick) === member) return member;
  throw new StanzaError('not-acceptable', 'you are not in the scene');
}
