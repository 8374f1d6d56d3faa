/** In which scenes the sessions are that entered by this transport */
import {
  type Awaitable,
  type ClientSession,
  Jid,
  SCENES,
  type SceneApi,
  type SceneMember,
  type SceneNewcomer,
  StanzaError,
  whenDone,
} from '#core';
import { MarsSceneSink } from './mars-scene-sink.ts';

/** A session in a scene. */
export interface Seat {
  readonly scenes: SceneApi;
  readonly member: SceneMember;
  readonly sink: MarsSceneSink;
}

/** How somebody wants to be in a scene. */
export type Entrance = Pick<SceneNewcomer, 'nick' | 'movement'>;

export class SceneSeats {
  /** By the bare JID of the scene. */
  readonly #bySession = new WeakMap<ClientSession, Map<string, Seat>>();

  /** @throws StanzaError not-acceptable for who is not in the scene */
  get(session: ClientSession, scene: string): Seat {
    const seats = this.#bySession.get(session);
    const seat = seats?.get(scene) ?? seats?.get(Jid.tryParse(scene)?.toString() ?? '');
    if (seat === undefined) throw new StanzaError('not-acceptable', 'you are not in the scene');
    return seat;
  }

  /** Who is there already under that nickname stays where it is. @throws StanzaError those of SceneApi, service-unavailable */
  enter(session: ClientSession, scene: Jid, { nick, movement }: Entrance): Awaitable<Seat> {
    const present = this.#bySession.get(session)?.get(scene.toString());
    if (present?.member.nick === nick) return present;
    const scenes = session.host.router.host(scene.domain)?.contracts.find(SCENES);
    if (scenes === undefined) throw new StanzaError('service-unavailable', `there are no scenes at ${scene.domain}`);
    const sink = new MarsSceneSink(session, () => this.#bySession.get(session)?.delete(scene.toString()));
    const newcomer = { jid: session.jid, nick, movement, watches: true, sink };
    return whenDone(scenes.enter(scene.local, newcomer), (member) => {
      if (session.ended) scenes.leave(member);
      const seat = { scenes, member, sink };
      sink.entered(member);
      const seats = this.#bySession.get(session) ?? new Map<string, Seat>();
      this.#bySession.set(session, seats.set(member.scene.jid.toString(), seat));
      return seat;
    });
  }

  /** Its connection is there again: what it was not told is in the snapshots. */
  resumed(session: ClientSession): void {
    for (const { scenes, member, sink } of [...(this.#bySession.get(session)?.values() ?? [])]) {
      sink.resumed(() => scenes.inSight(member));
    }
  }

  /** It is over. */
  closed(session: ClientSession): void {
    for (const { scenes, member } of [...(this.#bySession.get(session)?.values() ?? [])]) scenes.leave(member);
  }
}
