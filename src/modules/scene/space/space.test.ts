/** The space against a model that compares everybody with everybody */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepSmallest } from './nearest.ts';
import { type Position, type Seer, Space, type SpaceRules } from './space.ts';
import { Reach } from './speed.ts';
import { type Zone, zoneAt } from './zone.ts';

/** A member that checks what it is told against what it was told before. */
class Walker implements Seer<Walker> {
  slot = 0;
  takesMovements = true;
  readonly seen = new Set<Walker>();
  /** How often it was told of somebody's movement since the last look. */
  told: Walker[] = [];
  readonly name: number;

  constructor(name: number) {
    this.name = name;
  }
  sees(other: Walker): void {
    expect(other).not.toBe(this);
    expect(this.seen.has(other)).toBe(false);
    this.seen.add(other);
  }
  losesSightOf(other: Walker): void {
    expect(this.seen.delete(other)).toBe(true);
  }
  seesMoving(moved: readonly Walker[], count: number): void {
    for (const other of moved.slice(0, count)) expect(this.seen.has(other)).toBe(true);
    this.told.push(...moved.slice(0, count));
  }
}

const RULES: SpaceRules = { inner: 10, outer: 12, budget: 1_000, zones: [] };
const origin = { x: 0, y: 0, z: 0 };
const at = (x: number, y = 0, z = 0): Position => ({ x, y, z });
const names = (walkers: Iterable<Walker>) => [...walkers].map(({ name }) => name).sort((a, b) => a - b);

function distance2(a: Position, b: Position): number {
  const [dx, dy, dz] = [a.x - b.x, a.y - b.y, a.z - b.z];
  return dx * dx + dy * dy + dz * dz;
}

/** Positions as in a world: in the middle, on borders, and far away. */
const coordinate = fc.oneof(
  fc.integer({ min: -30, max: 30 }),
  fc.double({ min: -30, max: 30, noNaN: true }),
  fc.constantFrom(-1e7, 1e7, 1e7 - 5),
);
const position = fc.record({ x: coordinate, y: coordinate, z: fc.oneof(fc.constant(0), coordinate) });
const zones: readonly Zone[] = [
  { name: 'hall', x: [0, 20], y: [0, 20] },
  { name: 'cellar', x: [0, 20], y: [-10, 20], z: [-30, -1] },
];
const rules = fc
  .record({ inner: fc.constantFrom(1, 5, 12.5, 40), margin: fc.constantFrom(0, 1, 10), zoned: fc.boolean() })
  .map(({ inner, margin, zoned }) => ({ inner, outer: inner + margin, budget: 1_000, zones: zoned ? zones : [] }));
const who = fc.nat({ max: 24 });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('enter' as const), position }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('move' as const), who, position }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leave' as const), who }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('tick' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('change' as const), rules }) },
);

/** Who sees whom, by comparing all with all. */
class Model {
  readonly places = new Map<Walker, Position>();
  readonly seen = new Map<Walker, Set<Walker>>();
  rules: SpaceRules;

  constructor(rules: SpaceRules) {
    this.rules = rules;
  }
  zone(walker: Walker): number {
    const { x, y, z } = this.places.get(walker) as Position;
    return zoneAt(this.rules.zones, x, y, z);
  }
  /** Looks at those that moved, in any order: the result is the same. */
  look(walker: Walker): void {
    for (const other of this.places.keys()) {
      if (other === walker) continue;
      const d2 = distance2(this.places.get(walker) as Position, this.places.get(other) as Position);
      const before = this.seen.get(walker)?.has(other) ?? false;
      const radius = before ? this.rules.outer : this.rules.inner;
      const sees = this.zone(walker) === this.zone(other) && d2 <= radius * radius;
      for (const [a, b] of [
        [walker, other],
        [other, walker],
      ] as const) {
        const set = this.seen.get(a) ?? new Set();
        this.seen.set(a, set);
        if (sees) set.add(b);
        else set.delete(b);
      }
    }
  }
  hearers(walker: Walker, radius: number): Walker[] {
    const from = this.places.get(walker) as Position;
    return [...this.places].flatMap(([other, place]) =>
      this.zone(other) === this.zone(walker) && distance2(from, place) <= radius * radius ? [other] : [],
    );
  }
}

describe('for any moves and radii', () => {
  it('exactly those see who should see, and those hear who should hear', () => {
    fc.assert(
      fc.property(
        rules,
        fc.array(step, { maxLength: 120 }),
        fc.constantFrom(0.5, 3, 25, 1e8),
        (first, steps, radius) => {
          const space = new Space<Walker>(first);
          const model = new Model(first);
          const walkers: Walker[] = [];
          let moved = new Set<Walker>();
          for (const [i, one] of steps.entries()) {
            const walker = 'who' in one ? walkers[one.who % Math.max(walkers.length, 1)] : undefined;
            if (one.kind === 'enter') {
              const newcomer = new Walker(i);
              walkers.push(newcomer);
              model.places.set(newcomer, one.position);
              model.seen.set(newcomer, new Set());
              space.enter(newcomer, one.position);
              model.look(newcomer);
            } else if (one.kind === 'move' && walker !== undefined) {
              space.move(walker, one.position);
              model.places.set(walker, one.position);
              moved.add(walker);
            } else if (one.kind === 'leave' && walker !== undefined) {
              space.leave(walker);
              walkers.splice(walkers.indexOf(walker), 1);
              model.places.delete(walker);
              for (const seen of [...model.seen.values(), ...walkers.map((other) => other.seen)]) seen.delete(walker);
              moved.delete(walker);
            } else if (one.kind === 'tick') {
              space.advance();
              for (const mover of moved) model.look(mover);
              moved = new Set();
            } else if (one.kind === 'change') {
              space.change(one.rules);
              model.rules = one.rules;
              for (const each of model.places.keys()) model.look(each);
            }
            for (const each of walkers) {
              expect(names(each.seen)).toEqual(names(model.seen.get(each) ?? []));
              expect(names(space.inSight(each))).toEqual(names(each.seen));
            }
          }
          for (const each of walkers) {
            expect(names(space.hearers(each, radius))).toEqual(names(model.hearers(each, radius)));
            const all = walkers.filter((other) => model.zone(other) === model.zone(each));
            expect(names(space.hearers(each, Number.POSITIVE_INFINITY))).toEqual(names(all));
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('who watches is told of every last position in sight, never of more in a tick than he can take', () => {
    const moves = fc.array(fc.array(fc.record({ who, position: fc.record({ x: fc.nat(9), y: fc.nat(3) }) })));
    fc.assert(
      fc.property(moves, fc.integer({ min: 1, max: 6 }), (ticks, budget) => {
        const space = new Space<Walker>({ ...RULES, budget });
        const walkers = Array.from({ length: 12 }, (_, name) => new Walker(name));
        for (const walker of walkers) space.enter(walker, origin);
        for (const walker of walkers) space.watch(walker, walker.name % 2 === 0);
        const owed = new Map(walkers.map((walker) => [walker, new Set<Walker>()]));
        const advance = () => {
          space.advance();
          for (const walker of walkers) {
            expect(walker.told.length).toBeLessThanOrEqual(budget);
            expect(new Set(walker.told).size).toBe(walker.told.length);
            for (const other of walker.told.splice(0)) expect(owed.get(walker)?.delete(other)).toBe(true);
          }
        };
        for (const tick of ticks) {
          for (const { who: mover, position: place } of tick) {
            const walker = walkers[mover % walkers.length] as Walker;
            space.move(walker, { ...place, z: 0 });
            for (const [seer, owing] of owed) if (seer !== walker && seer.name % 2 === 0) owing.add(walker);
          }
          advance();
        }
        for (let more = 0; more < Math.ceil(walkers.length / budget); more++) advance();
        expect(space.isBusy).toBe(false);
        for (const owing of owed.values()) expect(owing.size).toBe(0);
      }),
    );
  });
});

it('who walks along the border does not flicker', () => {
  const space = new Space<Walker>(RULES);
  const [still, walker] = [new Walker(0), new Walker(1)];
  space.enter(still, origin);
  space.enter(walker, at(10.5));
  const seen: boolean[] = [];
  for (const x of [11, 10, 10.5, 11, 12, 10.5, 12.5, 12, 10.5, 10]) {
    space.move(walker, at(x));
    space.advance();
    seen.push(still.seen.has(walker));
  }
  expect(seen).toEqual([false, true, true, true, true, true, false, false, false, true]);
});

it('movements of a tick are one: the last position counts', () => {
  const space = new Space<Walker>(RULES);
  const [still, walker] = [new Walker(0), new Walker(1)];
  space.enter(still, origin);
  space.enter(walker, at(1));
  space.watch(still, true);
  for (const x of [2, 500, 3]) space.move(walker, at(x));
  expect(still.told).toEqual([]);
  space.advance();
  expect(still.told).toEqual([walker]);
  expect(still.seen.has(walker)).toBe(true);
  expect(space.position(walker)).toEqual(at(3));
});

it('those far away are told of less often, and never forgotten', () => {
  const space = new Space<Walker>({ ...RULES, inner: 100, outer: 100, budget: 4 });
  const seer = new Walker(0);
  const walkers = Array.from({ length: 20 }, (_, i) => new Walker(i + 1));
  space.enter(seer, origin);
  space.watch(seer, true);
  for (const walker of walkers) space.enter(walker, at(walker.name));
  const times = new Map<Walker, number>();
  for (let tick = 0; tick < 200; tick++) {
    for (const walker of walkers) space.move(walker, at(walker.name, tick % 2));
    space.advance();
    for (const walker of seer.told.splice(0)) times.set(walker, (times.get(walker) ?? 0) + 1);
  }
  const [nearest, middle, farthest] = [walkers[0], walkers[9], walkers[19]].map((one) => times.get(one as Walker) ?? 0);
  expect(nearest).toBeGreaterThan(middle as number);
  expect(middle).toBeGreaterThan(farthest as number);
  expect(farthest).toBeGreaterThan(10);
});

it('who begins to watch late is told of what he missed', () => {
  const space = new Space<Walker>(RULES);
  const [late, walker] = [new Walker(0), new Walker(1)];
  space.enter(late, origin);
  space.enter(walker, at(1));
  space.move(walker, at(2));
  space.advance();
  expect(late.told).toEqual([]);
  space.watch(late, true);
  expect(space.isBusy).toBe(true);
  space.advance();
  expect(late.told).toEqual([walker]);
});

it('who cannot take movements for a while is told of the latest of each afterwards', () => {
  const space = new Space<Walker>(RULES);
  const [slow, walker, other] = [new Walker(0), new Walker(1), new Walker(2)];
  for (const one of [slow, walker, other]) space.enter(one, at(one.name));
  space.watch(slow, true);
  slow.takesMovements = false;
  for (const x of [3, 4, 5]) {
    space.move(walker, at(x));
    space.advance();
  }
  space.move(other, at(6));
  space.advance();
  expect(slow.told).toEqual([]);
  expect(space.isBusy).toBe(true);
  slow.takesMovements = true;
  space.advance();
  expect(names(slow.told)).toEqual([1, 2]);
  expect(space.isBusy).toBe(false);
});

it('keeps the smallest, in their order, as many as asked for where some are alike', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(9), { minLength: 1 }), fc.nat(), (scores, seed) => {
      const most = 1 + (seed % scores.length);
      const entries = Int32Array.from(scores.keys());
      keepSmallest(entries, Float64Array.from(scores), scores.length, most);
      const kept = [...entries.slice(0, most)];
      expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
      const values = kept.map((entry) => scores[entry]);
      expect(values.sort()).toEqual([...scores].sort().slice(0, most));
    }),
  );
});

it('a member goes as far as his speed lets him, and no step farther', () => {
  const reach = new Reach();
  expect(reach.take(10, 0, 10)).toBe(true);
  expect(reach.take(0.001, 0, 10)).toBe(false);
  expect(reach.take(5, 500, 10)).toBe(true);
  expect(reach.take(5, 999, 10)).toBe(false);
  expect(reach.take(5, 1_000, 10)).toBe(true);
  expect(reach.take(10, 60_000, 10)).toBe(true);
  expect(reach.take(1, 60_000, 10)).toBe(false);
  expect(reach.take(1e9, 60_000, 0)).toBe(true);
});
