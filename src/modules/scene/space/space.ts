/** A space and who is in it: who sees whom, who hears whom, and who is told of which movements. It knows nothing of XMPP. */
import { enlarged, Grid } from './grid.ts';
import { keepSmallest } from './nearest.ts';
import { Pairs } from './pairs.ts';
import { type Zone, zoneAt } from './zone.ts';

export interface Position {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

export interface SpaceRules {
  /** From this distance on somebody comes into sight … */
  readonly inner: number;
  /** … and beyond this one he goes out of it: who walks along the border does not flicker. */
  readonly outer: number;
  /** Most movements one member is told of in a tick. */
  readonly budget: number;
  readonly zones: readonly Zone[];
}

/** A member. What it is told happens inside of the space: it must not change the space before that is over, nor throw. */
export interface Seer<M> {
  /** Where the space keeps it: given by `enter`. */
  slot: number;
  /** While it does not, it is told of movements later: of the latest of each. */
  readonly takesMovements: boolean;
  /** Somebody came into sight. */
  sees(other: M): void;
  /** Somebody went out of sight, and is in the space still. */
  losesSightOf(other: M): void;
  /** The first `count` of these moved and are in sight. The array is for the time of the call. */
  seesMoving(moved: readonly M[], count: number): void;
}

export class Space<M extends Seer<M>> {
  #rules: SpaceRules;
  #grid: Grid;
  readonly #pairs = new Pairs();
  readonly #members: (M | undefined)[] = [];
  readonly #free: number[] = [];
  #capacity = 0;
  #tick = 0;
  #zones = new Int32Array(0);
  /** The tick at which a slot moved last. */
  #movedAt = new Int32Array(0);
  #watches = new Uint8Array(0);
  /** Tells apart, in one look at a member's surroundings, whom it saw before. */
  #marks = new Float64Array(0);
  #mark = 0;
  /** Those that moved since the last tick. */
  #moved: number[] = [];
  #hasMoved = new Uint8Array(0);
  /** Those that have movements to be told. */
  #receivers: number[] = [];
  #isReceiver = new Uint8Array(0);
  readonly #batch: M[] = [];
  #due = new Int32Array(64);
  #scores = new Float64Array(64);

  constructor(rules: SpaceRules) {
    this.#rules = rules;
    this.#grid = new Grid(rules.inner);
  }

  get size(): number {
    return this.#grid.size;
  }
  /** Whether the next tick has something to do. */
  get isBusy(): boolean {
    return this.#moved.length > 0 || this.#receivers.length > 0;
  }
  /** Counts the ticks. */
  get tick(): number {
    return this.#tick;
  }

  /** Other rules, from now on: who sees whom is found out anew. */
  change(rules: SpaceRules): void {
    const old = this.#grid;
    this.#rules = rules;
    this.#grid = new Grid(rules.inner);
    this.#grid.grow(this.#capacity);
    for (const { slot } of this.#all()) {
      this.#grid.insert(slot, old.x[slot] as number, old.y[slot] as number, old.z[slot] as number);
      this.#zones[slot] = this.#zoneOf(slot);
    }
    for (const { slot } of this.#all()) this.#look(slot);
  }

  /** It and those in sight see each other at once. */
  enter(member: M, { x, y, z }: Position): void {
    const slot = this.#free.pop() ?? this.#members.length;
    if (slot >= this.#capacity) this.#grow();
    member.slot = slot;
    this.#members[slot] = member;
    this.#pairs.open(slot);
    this.#grid.insert(slot, x, y, z);
    this.#zones[slot] = this.#zoneOf(slot);
    this.#movedAt[slot] = 0;
    this.#watches[slot] = 0;
    this.#look(slot);
  }

  /** Nobody is told. */
  leave({ slot }: M): void {
    const seen = this.#pairs.list(slot);
    for (let at = this.#pairs.count(slot) - 1; at >= 0; at--) this.#pairs.disconnect(slot, seen[2 * at] as number, at);
    this.#grid.remove(slot);
    this.#members[slot] = undefined;
    this.#forget(this.#moved, this.#hasMoved, slot);
    this.#forget(this.#receivers, this.#isReceiver, slot);
    this.#free.push(slot);
  }

  /** The last position counts; hearing knows it at once, sight at the next tick. */
  move({ slot }: M, { x, y, z }: Position): void {
    this.#grid.move(slot, x, y, z);
    this.#zones[slot] = this.#zoneOf(slot);
    note(this.#moved, this.#hasMoved, slot);
  }

  /** Whether the member is told of movements. Who begins late is told, at the next tick, of what he missed. */
  watch({ slot }: M, watches: boolean): void {
    this.#watches[slot] = watches ? 1 : 0;
    if (watches) note(this.#receivers, this.#isReceiver, slot);
  }

  position({ slot }: M): Position {
    const { x, y, z } = this.#grid;
    return { x: x[slot] as number, y: y[slot] as number, z: z[slot] as number };
  }
  zone({ slot }: M): Zone | undefined {
    return this.#rules.zones[this.#zones[slot] as number];
  }

  /** Whom a member sees, and who sees him. */
  inSight({ slot }: M): M[] {
    const list = this.#pairs.list(slot);
    return Array.from({ length: this.#pairs.count(slot) }, (_, at) => this.#members[list[2 * at] as number] as M);
  }
  areInSight(a: M, b: M): boolean {
    const list = this.#pairs.list(a.slot);
    for (let at = this.#pairs.count(a.slot) - 1; at >= 0; at--) if (list[2 * at] === b.slot) return true;
    return false;
  }

  /** Who hears a member, himself among them. @param radius infinite for all of his zone */
  hearers({ slot }: M, radius: number): M[] {
    const hearers: M[] = [];
    const zone = this.#zones[slot];
    if (radius === Number.POSITIVE_INFINITY) {
      for (const other of this.#all()) if (this.#zones[other.slot] === zone) hearers.push(other);
      return hearers;
    }
    const count = this.#grid.within(slot, radius);
    for (let i = 0; i < count; i++) {
      const other = this.#grid.found[i] as number;
      if (this.#zones[other] === zone) hearers.push(this.#members[other] as M);
    }
    return hearers;
  }

  /** Tells everybody what came into sight, what went out of it, and what moved in it. */
  advance(): void {
    const tick = ++this.#tick;
    const moved = this.#grid.arranged(this.#moved);
    this.#moved = [];
    for (const slot of moved) {
      this.#movedAt[slot] = tick;
      this.#hasMoved[slot] = 0;
    }
    for (const slot of moved) this.#look(slot, true);
    const receivers = this.#receivers;
    this.#receivers = [];
    for (const slot of receivers) this.#isReceiver[slot] = 0;
    for (const slot of receivers) if (this.#watches[slot] === 1) this.#tell(slot);
  }

  /** Finds out whom a member sees. @param notes those who see it have movements to be told */
  #look(slot: number, notes = false): void {
    const grid = this.#grid;
    const pairs = this.#pairs;
    const { inner, outer } = this.#rules;
    const outer2 = outer * outer;
    const zone = this.#zones[slot];
    const mark = ++this.#mark;
    this.#marks[slot] = mark;
    const list = pairs.list(slot);
    for (let at = pairs.count(slot) - 1; at >= 0; at--) {
      const other = list[2 * at] as number;
      if (this.#zones[other] !== zone || grid.distance2(slot, other) > outer2) this.#part(slot, other, at);
      else {
        this.#marks[other] = mark;
        if (notes) note(this.#receivers, this.#isReceiver, other);
      }
    }
    const count = grid.within(slot, inner);
    for (let i = 0; i < count; i++) {
      const other = grid.found[i] as number;
      if (this.#marks[other] !== mark && this.#zones[other] === zone) this.#meet(slot, other);
    }
  }

  #meet(a: number, b: number): void {
    this.#pairs.connect(a, b, this.#tick);
    const [one, other] = [this.#members[a] as M, this.#members[b] as M];
    one.sees(other);
    other.sees(one);
  }

  #part(a: number, b: number, at: number): void {
    this.#pairs.disconnect(a, b, at);
    const [one, other] = [this.#members[a] as M, this.#members[b] as M];
    one.losesSightOf(other);
    other.losesSightOf(one);
  }

  /** Tells one member of the movements he does not know: the nearest, and those that waited longest, where it is too much. */
  #tell(slot: number): void {
    const { budget } = this.#rules;
    const tick = this.#tick;
    const list = this.#pairs.list(slot);
    const seen = this.#pairs.count(slot);
    if (this.#due.length < seen) {
      this.#due = new Int32Array(2 * seen);
      this.#scores = new Float64Array(2 * seen);
    }
    const due = this.#due;
    let count = 0;
    for (let at = 0; at < seen; at++) {
      if ((this.#movedAt[list[2 * at] as number] as number) > (list[2 * at + 1] as number)) due[count++] = at;
    }
    if (count === 0) return;
    const member = this.#members[slot] as M;
    if (!member.takesMovements) return note(this.#receivers, this.#isReceiver, slot);
    if (count > budget) {
      for (let i = 0; i < count; i++) {
        const at = due[i] as number;
        const waited = tick - (list[2 * at + 1] as number);
        this.#scores[i] = this.#grid.distance2(slot, list[2 * at] as number) / (waited * waited);
      }
      keepSmallest(due, this.#scores, count, budget);
      count = budget;
      note(this.#receivers, this.#isReceiver, slot);
    }
    const batch = this.#batch;
    for (let i = 0; i < count; i++) {
      const at = 2 * (due[i] as number);
      list[at + 1] = tick;
      batch[i] = this.#members[list[at] as number] as M;
    }
    member.seesMoving(batch, count);
  }

  *#all(): Iterable<M> {
    for (const member of this.#members) if (member !== undefined) yield member;
  }

  #zoneOf(slot: number): number {
    const { zones } = this.#rules;
    if (zones.length === 0) return -1;
    const { x, y, z } = this.#grid;
    return zoneAt(zones, x[slot] as number, y[slot] as number, z[slot] as number);
  }

  #forget(list: number[], flags: Uint8Array, slot: number): void {
    if (flags[slot] === 1) list.splice(list.indexOf(slot), 1);
    flags[slot] = 0;
  }

  #grow(): void {
    this.#capacity = Math.max(16, 2 * this.#capacity);
    this.#grid.grow(this.#capacity);
    this.#zones = enlarged(this.#zones, this.#capacity);
    this.#movedAt = enlarged(this.#movedAt, this.#capacity);
    this.#watches = enlarged(this.#watches, this.#capacity);
    this.#marks = enlarged(this.#marks, this.#capacity);
    this.#hasMoved = enlarged(this.#hasMoved, this.#capacity);
    this.#isReceiver = enlarged(this.#isReceiver, this.#capacity);
  }
}

function note(list: number[], flags: Uint8Array, slot: number): void {
  if (flags[slot] === 1) return;
  flags[slot] = 1;
  list.push(slot);
}
