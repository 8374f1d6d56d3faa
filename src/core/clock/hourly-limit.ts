import type { Clock } from './clock.ts';

const HOUR_MS = 3_600_000;
/** Askers remembered; the one heard of longest ago is forgotten first. */
const MAX_ASKERS = 10_000;

interface Count {
  taken: number;
  readonly since: number;
}

/** So many times for each who asks, in any hour that begins with the first. */
export class HourlyLimit {
  readonly #clock: Clock;
  readonly #most: number;
  readonly #counts = new Map<string, Count>();

  /** @param most 0 for no limit */
  constructor(clock: Clock, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** False when it had its share. */
  take(asker: string): boolean {
    if (this.#most === 0) return true;
    const now = this.#clock.now();
    const count = this.#counts.get(asker);
    if (count !== undefined && now - count.since < HOUR_MS) return ++count.taken <= this.#most;
    this.#counts.delete(asker);
    if (this.#counts.size >= MAX_ASKERS) {
      for (const oldest of this.#counts.keys()) {
        this.#counts.delete(oldest);
        break;
      }
    }
    this.#counts.set(asker, { taken: 1, since: now });
    return true;
  }
}
