/** 1032: something that all see who see the member (docs/protocol/scene.md §5.4) */
import { StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';

export function sceneAction(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'sceneAction') throw new StanzaError('bad-request', 'scene_action is missing');
  const { scene, kind, target, text } = payload.value;
  const { scenes, member } = mars.seats.get(mars.session, scene);
  scenes.act(member, { kind, target: target === '' ? undefined : target, text });
  request.answer();
}
