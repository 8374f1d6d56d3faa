/** A scene and who is in it: state, its space, and the tick. What happens to it is in the files beside this one. */
import {
  type SceneAction as Action,
  type Clock,
  type SceneFarewell as Farewell,
  type Jid,
  type SceneMovement as Movement,
  type SceneMember,
  type SceneSink as Sink,
  TokenBucket,
} from '#core';
import { type Settings, spaceRules } from './settings.ts';
import { type Seer, Space } from './space/space.ts';
import { Reach } from './space/speed.ts';

export type { Action, Farewell, Movement, Sink };

export class Member implements SceneMember, Seer<Member> {
  slot = -1;
  /** Who it is: the full JID. */
  readonly jid: Jid;
  /** As the scene shows it: the JID of the scene with the nickname. */
  readonly occupant: Jid;
  readonly scene: Scene;
  readonly sink: Sink;
  readonly reach = new Reach();
  /** What it may say and do at once. */
  readonly credit = new TokenBucket();
  /** How often it may move at once. */
  readonly steps = new TokenBucket();
  heading: number | undefined;
  speed: number | undefined;
  action: Action | undefined;
  /** Encoded forms, by what makes them, until something changes: each is made once for all who get it. */
  readonly #forms = new Map<(member: Member) => unknown, unknown>();

  constructor(scene: Scene, jid: Jid, occupant: Jid, sink: Sink) {
    this.scene = scene;
    this.jid = jid;
    this.occupant = occupant;
    this.sink = sink;
  }

  get nick(): string {
    return this.occupant.resource;
  }
  get movement(): Movement {
    return { ...this.scene.space.position(this), heading: this.heading, speed: this.speed };
  }

  get zone(): string | undefined {
    return this.scene.space.zone(this)?.name;
  }

  as<Form>(encode: (member: Member) => Form): Form {
    let form = this.#forms.get(encode) as Form | undefined;
    if (form === undefined) {
      form = encode(this);
      this.#forms.set(encode, form);
    }
    return form;
  }
  changed(): void {
    this.#forms.clear();
  }

  get takesMovements(): boolean {
    return this.sink.takesMovements;
  }
  sees(other: Member): void {
    this.sink.sees(other);
  }
  losesSightOf(other: Member): void {
    this.sink.losesSightOf(other);
  }
  seesMoving(moved: readonly Member[], count: number): void {
    this.sink.seesMoving(moved, count);
  }
}

export class Scene {
  readonly jid: Jid;
  readonly space: Space<Member>;
  /** Its settings are stored: it is there when nobody is in it. */
  isStored = false;
  isDestroyed = false;
  readonly #clock: Clock;
  #settings: Settings;
  readonly #byNick = new Map<string, Member>();
  readonly #byJid = new Map<string, Member>();
  #isTicking = false;

  constructor(jid: Jid, settings: Settings, clock: Clock) {
    this.jid = jid;
    this.#clock = clock;
    this.#settings = settings;
    this.space = new Space(spaceRules(settings));
  }

  get name(): string {
    return this.jid.local;
  }
  get members(): Iterable<Member> {
    return this.#byNick.values();
  }
  get size(): number {
    return this.#byNick.size;
  }
  get tick(): number {
    return this.space.tick;
  }
  member(nick: string): Member | undefined {
    return this.#byNick.get(nick);
  }
  memberOf(jid: Jid | undefined): Member | undefined {
    return jid === undefined ? undefined : this.#byJid.get(jid.toString());
  }
  isOwner(jid: Jid | undefined): boolean {
    return jid !== undefined && this.#settings.owners.includes(jid.bare().toString());
  }

  get settings(): Settings {
    return this.#settings;
  }
  /** Who sees whom is found out anew. */
  set settings(settings: Settings) {
    this.#settings = settings;
    for (const member of this.members) member.changed();
    this.space.change(spaceRules(settings));
  }

  enter(member: Member, { heading, speed, ...position }: Movement): void {
    this.#byNick.set(member.nick, member);
    this.#byJid.set(member.jid.toString(), member);
    member.heading = heading;
    member.speed = speed;
    this.space.enter(member, position);
  }

  leave(member: Member): void {
    this.#byNick.delete(member.nick);
    this.#byJid.delete(member.jid.toString());
    this.space.leave(member);
  }

  move(member: Member, { heading, speed, ...position }: Movement): void {
    member.heading = heading;
    member.speed = speed;
    member.changed();
    this.space.move(member, position);
    this.#tickLater();
  }

  watch(member: Member, watches: boolean): void {
    this.space.watch(member, watches);
    this.#tickLater();
  }

  /** One timer for the scene, and none while nothing moves. */
  #tickLater(): void {
    if (this.#isTicking || !this.space.isBusy) return;
    this.#isTicking = true;
    this.#clock.after(1_000 / this.#settings.rate, () => {
      this.#isTicking = false;
      this.space.advance();
      this.#tickLater();
    });
  }
}
