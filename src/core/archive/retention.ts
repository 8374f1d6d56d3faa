/** XEP-0313 §3.2: old messages go, the oldest first */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Awaitable } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../log/index.ts';
import type { ArchiveEntry, ArchiveExtent, ArchiveStore } from '../storage/index.ts';

/** What an archive may hold; Infinity for no limit. */
export interface RetentionLimits {
  readonly ageMs: number;
  readonly entries: number;
  /** Characters of all its entries. */
  readonly size: number;
}

/** Entries looked at, and taken out, at a time. */
const STEP = 64;
const SWEEP_MS = 3_600_000;
const OWNERS_AT_ONCE = 100;

/** Of the host the archives are on, and whose they are. */
export interface ArchiveKeeper {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Owners in order: those after `after`, at most `limit`. */
  owners(after: string | undefined, limit: number): Awaitable<readonly string[]>;
}

export class Retention {
  readonly #host: ArchiveKeeper;
  readonly #archive: ArchiveStore;
  readonly #limits: RetentionLimits;
  readonly #busy = new Set<string>();

  constructor(host: ArchiveKeeper, archive: ArchiveStore, limits: RetentionLimits) {
    this.#host = host;
    this.#archive = archive;
    this.#limits = limits;
    if (limits.ageMs < Infinity) this.#sweepLater();
  }

  /** An entry was appended: a full archive is tidied every so many. */
  appended(owner: string, seq: number): void {
    if (seq % STEP !== 0 || this.#busy.has(owner)) return;
    this.#busy.add(owner);
    this.tidy(owner)
      .catch((error: unknown) => this.#host.log.error({ err: error, owner }, 'an archive was not tidied'))
      .finally(() => this.#busy.delete(owner));
  }

  /** Takes out of an archive what is over its limits, a step in a turn. */
  async tidy(owner: string): Promise<void> {
    while (!this.#host.signal.aborted) {
      const extent = await this.#archive.extent(owner);
      if (!this.#isFull(extent) && !(await this.#isOutdated(owner))) return;
      if ((await this.#archive.trim(owner, await this.#lastOver(owner, extent))) === 0) return;
    }
  }

  /** Number of the newest of the next entries that have to go. */
  async #lastOver(owner: string, { last, size }: ArchiveExtent): Promise<number> {
    let upTo = 0;
    let left = size;
    for (const entry of await this.#archive.query(owner, { limit: STEP })) {
      if (!this.#isOver(entry, { last, size: left })) break;
      upTo = entry.seq;
      left -= entry.data.length;
    }
    return upTo;
  }

  /** Whether an entry has to go, being the oldest. */
  #isOver({ seq, at }: ArchiveEntry, { last, size }: Pick<ArchiveExtent, 'last' | 'size'>): boolean {
    return this.#isFull({ first: seq, last, size }) || this.#isOld(at);
  }

  #isFull({ first, last, size }: ArchiveExtent): boolean {
    return last - first >= this.#limits.entries || size > this.#limits.size;
  }

  #isOld(at: number): boolean {
    return this.#host.clock.now() - at > this.#limits.ageMs;
  }

  /** Whether the oldest entry is too old: where no age is, nothing is read. */
  async #isOutdated(owner: string): Promise<boolean> {
    if (this.#limits.ageMs === Infinity) return false;
    const [oldest] = await this.#archive.query(owner, { limit: 1 });
    return oldest !== undefined && this.#isOld(oldest.at);
  }

  #sweepLater(): void {
    const cancel = this.#host.clock.after(SWEEP_MS, () => {
      this.#sweep()
        .catch((error: unknown) => this.#host.log.error({ err: error }, 'archives were not tidied'))
        .finally(() => this.#host.signal.aborted || this.#sweepLater());
    });
    this.#host.signal.addEventListener('abort', cancel, { once: true });
  }

  /** Age comes to archives that nothing is appended to as well. */
  async #sweep(): Promise<void> {
    let after: string | undefined;
    do {
      const owners = await this.#host.owners(after, OWNERS_AT_ONCE);
      for (const owner of owners) await this.tidy(owner);
      after = owners.at(-1);
      await endOfTurn();
    } while (after !== undefined && !this.#host.signal.aborted);
  }
}
