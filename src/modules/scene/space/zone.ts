/** Enclosed places: who is in one sees and hears only those who are in it too */

/** A box; without heights it is as high as the world. Its borders belong to it. */
export interface Zone {
  readonly name: string;
  readonly x: readonly [least: number, most: number];
  readonly y: readonly [least: number, most: number];
  readonly z?: readonly [least: number, most: number];
}

/** The number of who is in no zone. */
export const OPEN = -1;

/** The number of the first zone that a place is in. */
export function zoneAt(zones: readonly Zone[], x: number, y: number, z: number): number {
  for (let i = 0; i < zones.length; i++) {
    const zone = zones[i] as Zone;
    if (isIn(zone.x, x) && isIn(zone.y, y) && (zone.z === undefined || isIn(zone.z, z))) return i;
  }
  return OPEN;
}

function isIn([least, most]: readonly [number, number], value: number): boolean {
  return value >= least && value <= most;
}
