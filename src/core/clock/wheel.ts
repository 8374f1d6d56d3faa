import type { Clock } from './clock.ts';

/** Something that has a deadline which moves, such as a connection that must not stay silent. */
export interface Deadline {
  /** Called once when the wheel reaches the slot. Returns the ms until the next call, or 0 to be forgotten. */
  due(now: number): number;
}

/**
 * One timer for all deadlines. Entries are looked at when their slot comes round, not when their deadline moves: a busy
 * connection costs nothing per stanza and one look per period. Resolution is one slot; an entry is never early.
 */
export class Wheel {
  readonly #clock: Clock;
  readonly #slotMs: number;
  readonly #slots: Set<Deadline>[];
  readonly #slotOf = new Map<Deadline, number>();
  #turn = 0;
  #stop: (() => void) | undefined;

  constructor(clock: Clock, slotMs = 1000, slots = 512) {
    this.#clock = clock;
    this.#slotMs = slotMs;
    this.#slots = Array.from({ length: slots }, () => new Set());
  }

  /** Looks at `deadline` after `ms`; longer than one turn of the wheel is looked at after one turn. */
  add(deadline: Deadline, ms: number): void {
    this.remove(deadline);
    const ahead = Math.min(Math.ceil(ms / this.#slotMs) + 1, this.#slots.length - 1);
    const slot = (this.#turn + ahead) % this.#slots.length;
    this.#slots[slot]?.add(deadline);
    this.#slotOf.set(deadline, slot);
    this.#stop ??= this.#clock.after(this.#slotMs, () => this.#tick());
  }

  remove(deadline: Deadline): void {
    const slot = this.#slotOf.get(deadline);
    if (slot === undefined) return;
    this.#slots[slot]?.delete(deadline);
    this.#slotOf.delete(deadline);
  }

  close(): void {
    this.#stop?.();
    this.#slotOf.clear();
    for (const slot of this.#slots) slot.clear();
  }

  #tick(): void {
    this.#turn = (this.#turn + 1) % this.#slots.length;
    const due = this.#slots[this.#turn];
    this.#stop = undefined;
    if (due !== undefined && due.size > 0) {
      const entries = [...due];
      due.clear();
      for (const entry of entries) this.#slotOf.delete(entry);
      const now = this.#clock.now();
      for (const entry of entries) {
        const again = entry.due(now);
        if (again > 0) this.add(entry, again);
      }
    }
    if (this.#slotOf.size > 0) this.#stop ??= this.#clock.after(this.#slotMs, () => this.#tick());
  }
}
