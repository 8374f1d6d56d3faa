/** docs/protocol/scene.md §5.4: actions, which all see who see the actor */
import { StanzaError } from '#core';
import type { Service } from './config.ts';
import { takeCredit } from './credit.ts';
import type { Action, Member } from './scene.ts';

/** @throws StanzaError bad-request, policy-violation, item-not-found for a target that is not in sight */
export function act(service: Service, actor: Member, action: Action): void {
  const { kind, target = '', text } = action;
  const most = service.host.config.max_action;
  if (kind === '') throw new StanzaError('bad-request', 'an action has a kind');
  if (kind.length + target.length + text.length > most) {
    throw new StanzaError('policy-violation', `an action has at most ${most} characters`);
  }
  const { scene } = actor;
  if (action.target !== undefined && action.target !== actor.nick) {
    const other = scene.member(action.target);
    if (other === undefined || !scene.space.areInSight(actor, other)) {
      throw new StanzaError('item-not-found', 'nobody of that nickname is in sight');
    }
  }
  takeCredit(service, actor);
  actor.action = action;
  actor.changed();
  for (const seer of scene.space.inSight(actor)) seer.sink.seesActing(actor, action);
}
