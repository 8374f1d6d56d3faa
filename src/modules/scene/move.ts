/** docs/protocol/scene.md §5.2, §7: moving, and being moved by the backend */
import { type Jid, ns, StanzaError } from '#core';
import type { Service } from './config.ts';
import { takeStep } from './credit.ts';
import { checkPlace } from './enter.ts';
import { NS_SCENE } from './namespaces.ts';
import type { Member, Movement, Scene } from './scene.ts';

const scene = ns(NS_SCENE);

/** By his own word. @throws StanzaError forbidden, bad-request, policy-violation, that with `<too-fast/>` and where he is */
export function move(service: Service, member: Member, movement: Movement): void {
  const { settings, space } = member.scene;
  if (settings.positions === 'backend') throw new StanzaError('forbidden', 'the backend places the members here');
  checkPlace(service, movement);
  takeStep(service, member);
  const from = space.position(member);
  const distance = Math.hypot(movement.x - from.x, movement.y - from.y, movement.z - from.z);
  if (!member.reach.take(distance, service.host.clock.now(), settings.speed)) {
    const [x, y, z] = [from.x, from.y, from.z].map(String);
    throw new StanzaError('policy-violation', `nobody moves faster than ${settings.speed}`, {
      application: scene('too-fast', { x, y, z }),
    });
  }
  member.scene.move(member, movement);
}

/** By the backend, to whom no speed is too high. @throws StanzaError bad-request */
export function place(service: Service, member: Member, movement: Movement): void {
  checkPlace(service, movement);
  member.scene.move(member, movement);
}

export function isBackend({ settings }: Scene, jid: Jid): boolean {
  return settings.backends.includes(jid.bare().toString());
}
