/** 1031: where a member of a scene is now (docs/protocol/scene.md §5.2); only a refusal is answered */
import { StanzaError } from '#core';
import type { Request } from '../request.ts';
import { movementOf } from '../scene/encode.ts';
import type { MarsSession } from '../session/mars-session.ts';

export function sceneMove(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'sceneMove') throw new StanzaError('bad-request', 'scene_move is missing');
  const { scenes, member } = mars.seats.get(mars.session, payload.value.scene);
  scenes.move(member, movementOf(payload.value, payload.value));
}
