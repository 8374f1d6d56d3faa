/** docs/protocol/scene.md §5.6: leaving a scene, and its end */
import type { Service } from './config.ts';
import type { Farewell, Member, Scene } from './scene.ts';

/** By his own word, or because he is not there any more. He is told too. */
export function leave({ scenes }: Service, member: Member): void {
  const { scene } = member;
  if (scene.member(member.nick) !== member) return;
  const seers = scene.space.inSight(member);
  scene.leave(member);
  member.sink.ends('left');
  for (const seer of seers) seer.sink.seesLeaving(member);
  if (scene.size === 0) scenes.vacated(scene);
}

/** Takes all out: each is told of himself. */
export function dismiss(scene: Scene, farewell: Farewell): void {
  for (const member of [...scene.members]) {
    scene.leave(member);
    member.sink.ends(farewell);
  }
}
