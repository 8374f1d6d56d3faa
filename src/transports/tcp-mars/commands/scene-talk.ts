/** 1033: a message to those near in a scene (docs/protocol/scene.md §5.3), which goes the way of every message */
import { StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { sendMessage } from './message.ts';

export function sceneTalk(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'sceneTalk') throw new StanzaError('bad-request', 'scene_talk is missing');
  const { scene: to, channel, body } = payload.value;
  sendMessage(mars, request, { ...request.body, to, type: 'groupchat' }, { body, channel });
}
