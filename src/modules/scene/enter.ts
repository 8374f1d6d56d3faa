/** docs/protocol/scene.md §5.1: entering a scene, and making one */
import { type Awaitable, Jid, JidError, type SceneNewcomer as Newcomer, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import { Member, type Movement, type Scene } from './scene.ts';

/**
 * Who enters a scene that is not there makes it. The newcomer's sink is told of those in sight, and they of him, before this is done.
 *
 * @param name localpart of the JID of the scene
 * @throws StanzaError jid-malformed, policy-violation, bad-request, not-allowed, resource-constraint, conflict, service-unavailable
 */
export function enter(service: Service, name: string, newcomer: Newcomer): Awaitable<Member> {
  const occupant = occupantJid(service, name, newcomer.nick);
  if (newcomer.movement !== undefined) checkPlace(service, newcomer.movement);
  const { local } = occupant;
  return whenDone(service.scenes.get(local), (known) => {
    if (known !== undefined) return admit(service, known, occupant, newcomer);
    return whenDone(checkMaker(service, newcomer.jid.bare()), () =>
      // Somebody may have been faster.
      whenDone(service.scenes.get(local), (other) =>
        admit(service, other ?? service.scenes.create(local, newcomer.jid.bare()), occupant, newcomer),
      ),
    );
  });
}

function admit(service: Service, scene: Scene, occupant: Jid, newcomer: Newcomer): Member {
  const { jid, movement, watches, sink } = newcomer;
  const { settings } = scene;
  const own = scene.memberOf(jid);
  if (own !== undefined) throw new StanzaError('conflict', `you are here already, as ${own.nick}`);
  if (scene.member(occupant.resource) !== undefined)
    throw new StanzaError('conflict', 'somebody here has that nickname');
  const most = Math.min(settings.maxMembers || service.host.config.max_members, service.host.config.max_members);
  if (scene.size >= most) throw new StanzaError('service-unavailable', 'the scene is full', { type: 'wait' });
  const member = new Member(scene, jid, occupant, sink);
  const isFree = settings.positions === 'members';
  service.scenes.occupied(scene);
  scene.enter(member, (isFree ? movement : undefined) ?? settings.entrance);
  if (watches) scene.watch(member, true);
  return member;
}

/** @throws StanzaError */
function checkMaker({ host, scenes }: Service, user: Jid): Awaitable<void> {
  const { create, creators, max_scenes_per_user: most } = host.config;
  const isCreator = creators.includes(user.toString()) || creators.includes(user.domain);
  const isAllowed = create === 'anyone' || (create === 'users' && user.domain === host.home.domain);
  if (!isCreator && !isAllowed) throw new StanzaError('not-allowed', 'you may not make scenes here');
  return whenDone(scenes.countOwned(user), (owned) => {
    if (owned >= most) throw new StanzaError('resource-constraint', `nobody makes more than ${most} scenes`);
  });
}

/** Prepared (RFC 7622). @throws StanzaError jid-malformed, policy-violation */
function occupantJid({ host }: Service, name: string, nick: string): Jid {
  if (nick.trim() === '') throw new StanzaError('jid-malformed', 'a nickname is needed');
  const most = host.config.max_nick;
  if ([...nick].length > most) throw new StanzaError('policy-violation', `a nickname has at most ${most} characters`);
  try {
    return Jid.of(name, host.domain.domain, nick);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
}

/** @throws StanzaError bad-request for what is no place of this world */
export function checkPlace({ host }: Service, { x, y, z, heading = 0, speed = 0 }: Movement): void {
  const most = host.config.max_coordinate;
  const isIn = (value: number) => value >= -most && value <= most; // false for NaN
  if (!isIn(x) || !isIn(y) || !isIn(z))
    throw new StanzaError('bad-request', `coordinates are from -${most} to ${most}`);
  if (!Number.isFinite(heading) || !Number.isFinite(speed))
    throw new StanzaError('bad-request', 'heading and speed are numbers');
}
