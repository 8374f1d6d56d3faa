/** A scene as a game draws it: who is in sight and where, kept up to date (docs/protocol/scene.md) */
import {
  type Body,
  type BodyInit,
  Command,
  type Init,
  type Position,
  type SceneAction,
  type SceneActor,
  type SceneEnter,
  type SceneMove,
  type SceneRequest,
  type SceneResult,
  type SceneSight,
} from '#protocol/mars';
import type { Client } from './client.ts';
import { Emitter } from './emitter.ts';
import type { SentMessage } from './message-to-send.ts';

/** Somebody in sight. */
export interface Actor {
  /** The nickname. */
  readonly name: string;
  readonly position: Readonly<Pick<Position, 'x' | 'y' | 'z'>>;
  /** Degrees. */
  readonly direction: number;
  /** Units a second. */
  readonly speed: number;
  /** What it did last. */
  readonly action: SceneAction | undefined;
}

export interface SceneEvents {
  /** After a resumption: `actors` has been made anew. */
  readonly snapshot: readonly [];
  readonly seen: readonly [actor: Actor];
  readonly gone: readonly [name: string, why: 'out-of-sight' | 'left'];
  /** All that moved in one tick. */
  readonly moved: readonly [actors: readonly Actor[]];
  readonly action: readonly [name: string, action: SceneAction];
  /** Also of oneself. */
  readonly talk: readonly [name: string, body: string, channel: string];
  /** One is out of the scene: left, destroyed, stopped; or lost: the session is a new one, and has to enter again. */
  readonly ended: readonly [why: string];
}

/** Where one is, and how one goes on from there. */
export type Step = Pick<Init<SceneMove>, 'x' | 'y' | 'z' | 'direction' | 'speed'>;

const NOWHERE = { x: 0, y: 0, z: 0 };

export class Scene extends Emitter<SceneEvents> {
  /** Bare JID. */
  readonly address: string;
  /** By nickname, all in sight but oneself. */
  readonly actors = new Map<string, Actor>();
  readonly #client: Client;
  readonly #left: () => void;
  /** What came before the answer: it belongs after it. */
  #early: Body[] | undefined = [];
  #traits: SceneResult | undefined;

  /** @param left called when one is out of it */
  constructor(client: Client, address: string, left: () => void) {
    super();
    this.#client = client;
    this.address = address;
    this.#left = left;
  }

  /** How far one sees and hears, how often moves are told, and `self`: one's own nickname, and where one was when this was told. */
  get traits(): SceneResult {
    if (this.#traits === undefined) throw new Error('the scene is not entered yet');
    return this.#traits;
  }

  get isEntered(): boolean {
    return this.#early === undefined;
  }

  /** 1030. @throws RefusedError and those of `Client.request` */
  async enter(entrance: Init<SceneEnter>): Promise<void> {
    const { payload } = await this.#ask({ case: 'enter', value: entrance });
    if (payload.case === 'sceneResult') this.#begin(payload.value);
    for (const body of this.#early ?? []) this.#take(body);
    this.#early = undefined;
  }

  /** 1031: only the latest counts. More often than `traits.tickRate` times a second is of no use. */
  move(step: Step): void {
    this.#client.send(Command.sceneMove, { payload: { case: 'sceneMove', value: { scene: this.address, ...step } } });
  }

  /** 1032: all see it who are in sight. @throws RefusedError */
  async act(action: { readonly kind: string; readonly target?: string; readonly text?: string }): Promise<void> {
    const value = { scene: this.address, ...action };
    await this.#client.request(Command.sceneAction, { payload: { case: 'sceneAction', value } });
  }

  /** What those near hear; it goes the way of every message. @param channel say, yell, whisper, zone or all. @throws RefusedError */
  talk(body: string, channel = 'say'): Promise<SentMessage> {
    return this.#client.sendMessage({ to: this.address, type: 'groupchat', body, channel });
  }

  /** Whether moves are told: at first they are. */
  async watch(watches: boolean): Promise<void> {
    await this.#ask({ case: 'watch', value: watches });
  }

  async leave(): Promise<void> {
    await this.#ask({ case: 'leave', value: {} });
  }

  /** A push or a message of the scene. */
  take(body: Body): void {
    if (this.#early === undefined) this.#take(body);
    else this.#early.push(body);
  }

  /** One is not in it any more. */
  end(why: string): void {
    this.#left();
    this.emit('ended', why);
    this.endEvents();
  }

  #ask(action: Init<SceneRequest>['action']): Promise<Body> {
    const payload: BodyInit['payload'] = { case: 'scene', value: { scene: this.address, action } };
    return this.#client.request(Command.scene, { payload });
  }

  #begin(result: SceneResult): void {
    this.#traits = result;
    this.actors.clear();
    for (const actor of result.snapshot) this.#sees(actor);
  }

  #take({ payload, from }: Body): void {
    switch (payload.case) {
      case 'sceneMoves':
        return this.emit(
          'moved',
          payload.value.moves.map((move) => this.#moved(move)),
        );
      case 'sceneSight':
        return this.#sight(payload.value);
      case 'sceneAction':
        return this.#acted(payload.value);
      case 'sceneResult':
        this.#begin(payload.value);
        return this.emit('snapshot');
      case 'message': {
        const { body, channel } = payload.value;
        const name = from.slice(this.address.length + 1);
        if (body !== undefined) this.emit('talk', name, body, channel);
      }
    }
  }

  #sight({ seen, outOfSight, left, ended }: SceneSight): void {
    for (const actor of seen) this.emit('seen', this.#sees(actor));
    for (const name of outOfSight) this.#gone(name, 'out-of-sight');
    for (const name of left) this.#gone(name, 'left');
    if (ended !== '') this.end(ended);
  }

  #sees({ actor: name, position, direction, speed, action }: SceneActor): Actor {
    return this.#put({ name, position: position ?? NOWHERE, direction, speed, action });
  }

  #moved({ actor: name, x, y, z, direction, speed }: SceneMove): Actor {
    const action = this.actors.get(name)?.action;
    return this.#put({ name, position: { x, y, z }, direction, speed, action });
  }

  #acted(action: SceneAction): void {
    const actor = this.actors.get(action.actor);
    if (actor !== undefined) this.#put({ ...actor, action });
    this.emit('action', action.actor, action);
  }

  #put(actor: Actor): Actor {
    this.actors.set(actor.name, actor);
    return actor;
  }

  #gone(name: string, why: 'out-of-sight' | 'left'): void {
    this.actors.delete(name);
    this.emit('gone', name, why);
  }
}
