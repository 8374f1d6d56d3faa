/** docs/protocol/scene.md §6: what a scene is like, as its owner has it; stored as it is */
import type { SceneConfig } from './config.ts';
import type { Position, SpaceRules } from './space/space.ts';
import type { Zone } from './space/zone.ts';

export const CHANNELS = ['say', 'yell', 'whisper', 'zone', 'all'] as const;
export type Channel = (typeof CHANNELS)[number];

export interface Settings {
  readonly name: string;
  readonly isPublic: boolean;
  /** Bare JIDs. */
  readonly owners: readonly string[];
  /** Bare JIDs that may place members. */
  readonly backends: readonly string[];
  /** Whose word counts for where members are. */
  readonly positions: 'members' | 'backend';
  readonly sight: number;
  readonly outOfSight: number;
  /** How far each is heard; 0 for a closed channel. */
  readonly say: number;
  readonly yell: number;
  readonly whisper: number;
  /** Who may speak to the whole scene. */
  readonly all: 'anyone' | 'owners' | 'nobody';
  /** Ticks per second. */
  readonly rate: number;
  readonly budget: number;
  /** Units per second; 0 for no limit. */
  readonly speed: number;
  /** 0 for as many as the service allows. */
  readonly maxMembers: number;
  /** Where those are who do not say. */
  readonly entrance: Position;
  readonly zones: readonly Zone[];
}

/** @param owner bare JID */
export function initialSettings({ defaults }: SceneConfig, owner?: string): Settings {
  const { out_of_sight: outOfSight, ...same } = defaults;
  return {
    ...{ name: '', isPublic: true, owners: owner === undefined ? [] : [owner], backends: [] },
    ...{ positions: 'members', all: 'owners', maxMembers: 0, entrance: { x: 0, y: 0, z: 0 }, zones: [] },
    ...same,
    outOfSight,
  };
}

export function spaceRules({ sight, outOfSight, budget, zones }: Settings): SpaceRules {
  return { inner: sight, outer: outOfSight, budget, zones };
}
