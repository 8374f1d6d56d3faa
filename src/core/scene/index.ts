/** docs/protocol/scene.md §11: scenes for transports that are not XMPP. The host of the service offers them. */
import type { Awaitable } from '../awaitable.ts';
import type { Contract } from '../host/contracts.ts';
import type { Jid } from '../jid/index.ts';
import type { Message } from '../stanza/index.ts';

/** Where a member is, and how it goes on from there: for those who draw it. */
export interface SceneMovement {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Degrees. */
  readonly heading?: number | undefined;
  /** Units per second. */
  readonly speed?: number | undefined;
}

/** What a member did last. */
export interface SceneAction {
  readonly kind: string;
  /** The nickname of another member. */
  readonly target?: string | undefined;
  /** As it was given: the scene does not look into it. */
  readonly text: string;
}

/** Why a member is out of the scene: by its own word or because it is not there any more; the scene ended; the server stops. */
export type SceneFarewell = 'left' | 'destroyed' | 'stopped';

/** What a client has to know to draw a scene. Distances are in its units. */
export interface SceneTraits {
  readonly sight: number;
  readonly outOfSight: number;
  readonly say: number;
  readonly yell: number;
  readonly whisper: number;
  /** Ticks per second. */
  readonly rate: number;
  /** Whose word counts for where members are. */
  readonly positions: 'members' | 'backend';
}

export interface SceneMember {
  readonly nick: string;
  readonly movement: SceneMovement;
  readonly action: SceneAction | undefined;
  /** The name of the zone it is in. */
  readonly zone: string | undefined;
  readonly scene: {
    /** Bare. */
    readonly jid: Jid;
    readonly settings: SceneTraits;
    /** Counts the ticks. */
    readonly tick: number;
  };
  /** What `encode` makes of the member, made once for all who get it, until it moves or acts. */
  as<Form>(encode: (member: SceneMember) => Form): Form;
}

/** Where a member is told what happens: the end of a transport. It must not call the scene back at once, nor throw. */
export interface SceneSink {
  /** While it does not, movements wait, and the latest of each member is told later. */
  readonly takesMovements: boolean;
  sees(other: SceneMember): void;
  losesSightOf(other: SceneMember): void;
  /** The first `count` moved. The array is for the time of the call. */
  seesMoving(moved: readonly SceneMember[], count: number): void;
  seesActing(other: SceneMember, action: SceneAction): void;
  /** @param said without `to`; the same for all who hear it */
  hears(said: Message): void;
  /** Somebody in sight has left the scene. */
  seesLeaving(other: SceneMember): void;
  /** The member itself is out of the scene. */
  ends(farewell: SceneFarewell): void;
}

/** Somebody who wants to be in a scene. */
export interface SceneNewcomer {
  /** Full JID. */
  readonly jid: Jid;
  readonly nick: string;
  /** Where; without it, at the entrance. */
  readonly movement?: SceneMovement | undefined;
  /** Whether movements are told. */
  readonly watches?: boolean | undefined;
  readonly sink: SceneSink;
}

/** All throw StanzaError to refuse, with the conditions of docs/protocol/scene.md §9. What is said goes to a scene as a message. */
export interface SceneApi {
  /** @param scene localpart of its JID */
  enter(scene: string, newcomer: SceneNewcomer): Awaitable<SceneMember>;
  inSight(member: SceneMember): readonly SceneMember[];
  move(member: SceneMember, movement: SceneMovement): void;
  watch(member: SceneMember, watches: boolean): void;
  act(member: SceneMember, action: SceneAction): void;
  leave(member: SceneMember): void;
}

export const SCENES: Contract<SceneApi> = { name: 'scenes' };
