/** docs/protocol/scene.md §11: a member that is a game client, and what it is told */
import type { ClientSession, Message, SceneAction, SceneFarewell, SceneMember, SceneSink } from '#core';
import { type BodyInit, Command, encodeSceneMoves, type Init, type SceneSight } from '#protocol/mars';
import type { Place } from '../place.ts';
import { actionOf, actorOf, moveOf, pagesOf } from './encode.ts';

/** With more bytes that wait for the client, movements wait too: what it reads then would be old. */
const MOST_QUEUED = 65_536;

export class MarsSceneSink implements SceneSink {
  readonly #session: ClientSession;
  readonly #ended: () => void;
  /** Set once it is inside. What happens before is in the snapshot. */
  #member: SceneMember | undefined;
  #address = '';
  /** Set when it is out of the scene, and the client has not been told. */
  #farewell: SceneFarewell | undefined;

  /** @param ended the member is out of the scene, and its client knows it */
  constructor(session: ClientSession, ended: () => void) {
    this.#session = session;
    this.#ended = ended;
  }

  entered(member: SceneMember): void {
    this.#member = member;
    this.#address = member.scene.jid.toString();
  }

  /** Where the client is: nowhere while the session waits to be resumed. */
  get #place(): Place | undefined {
    return this.#session.detached ? undefined : (this.#session.connection as Place);
  }

  get takesMovements(): boolean {
    const place = this.#place;
    return this.#member !== undefined && place !== undefined && place.queued <= MOST_QUEUED;
  }

  seesMoving(moved: readonly SceneMember[], count: number): void {
    const moves: Uint8Array[] = [];
    for (let i = 0; i < count; i++) moves.push((moved[i] as SceneMember).as(moveOf));
    const { tick } = (this.#member as SceneMember).scene;
    this.#place?.pushEncoded(Command.sceneMove, encodeSceneMoves(this.#address, tick, moves));
  }

  sees(other: SceneMember): void {
    this.#seeing({ seen: [other.as(actorOf)] });
  }
  losesSightOf({ nick }: SceneMember): void {
    this.#seeing({ outOfSight: [nick] });
  }
  seesLeaving({ nick }: SceneMember): void {
    this.#seeing({ left: [nick] });
  }
  seesActing({ nick }: SceneMember, action: SceneAction): void {
    const value = { scene: this.#address, actor: nick, ...actionOf(action) };
    this.#push(Command.sceneAction, { payload: { case: 'sceneAction', value } });
  }
  /** As any message: what is said is not lost with a connection. */
  hears(said: Message): void {
    const { host, jid } = this.#session;
    void host.router.route(said.with({ to: jid }));
  }
  ends(why: SceneFarewell): void {
    const { detached, ended } = this.#session;
    if (detached && !ended) {
      this.#farewell = why;
      return;
    }
    this.#seeing({ ended: why });
    this.#member = undefined;
    this.#ended();
  }

  /** Who is in sight, and what the scene is like: the answer to who enters, and what one is told who was away. */
  snapshot(inSight: Iterable<SceneMember>, tell: (body: BodyInit) => void): void {
    const member = this.#member as SceneMember;
    const { rate, sight, outOfSight, say, yell, whisper, positions } = member.scene.settings;
    const [snapshot, ...others] = pagesOf(inSight);
    const traits = { tickRate: rate, sight, outOfSight, say, yell, whisper, placed: positions === 'backend' };
    const value = { scene: this.#address, self: member.as(actorOf), ...traits, snapshot };
    tell({ payload: { case: 'sceneResult', value } });
    for (const seen of others) this.#seeing({ seen });
  }

  /** The connection was lost, and is there again. */
  resumed(inSight: () => Iterable<SceneMember>): void {
    if (this.#farewell !== undefined) this.ends(this.#farewell);
    else this.snapshot(inSight(), (body) => this.#push(Command.scene, body));
  }

  #seeing(change: Init<SceneSight>): void {
    this.#push(Command.scene, { payload: { case: 'sceneSight', value: { scene: this.#address, ...change } } });
  }

  #push(cmdid: number, body: BodyInit): void {
    if (this.#member !== undefined) this.#place?.push(cmdid, body);
  }
}
