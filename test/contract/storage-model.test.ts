/** Random operations on every driver against plain arrays and maps: what they answer must not differ. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type ArchiveEntry,
  type ArchiveExtent,
  type ArchiveRange,
  createMemoryStorage,
  type StorageDriver,
  type Stores,
} from '#core';
import { openSqlite } from '../../src/storage/sqlite/index.ts';

interface Subject {
  readonly name: string;
  readonly persists: boolean;
  open(dir: string): StorageDriver;
}

/** In SQLite what is archived waits in memory before it goes to blocks: for ever, now and then, not at all. */
const sqlite = (waiting: number): Subject => ({
  name: `sqlite where ${waiting} characters may wait`,
  persists: true,
  open: (dir) => openSqlite({ file: join(dir, 'x.sqlite'), durability: 'normal', waiting }),
});

const subjects: readonly Subject[] = [
  { name: 'memory', persists: false, open: () => createMemoryStorage() },
  sqlite(10_000_000),
  sqlite(20_000),
  sqlite(0),
];

const owner = fc.constantFrom('a', 'b');
const some = fc.oneof(fc.nat({ max: 12 }), fc.nat({ max: 600 }));
const time = fc.nat({ max: 30 });
const other = fc.constantFrom('', 'x@y', 'rare@y');
const entry = fc.record({ at: time, with: other, data: fc.string() });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const operation = fc.oneof(
  fc.record({
    do: fc.constant('update' as const),
    owner,
    key: fc.constantFrom('', 'k', 'é'),
    value: maybe(fc.jsonValue()),
  }),
  fc.record({ do: fc.constant('purgeMap' as const), owner }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), owner, entry, times: fc.nat({ max: 5 }) }) },
  // More than fit into one block.
  fc.record({ do: fc.constant('append' as const), owner, entry, times: fc.integer({ min: 100, max: 300 }) }),
  fc.record({ do: fc.constant('drain' as const), owner, limit: some }),
  fc.record({ do: fc.constant('trim' as const), owner, above: some }),
  fc.record({ do: fc.constant('purgeArchive' as const), owner }),
  fc.record({ do: fc.constant('get' as const), owner, back: some }),
  fc.record({ do: fc.constant('extent' as const), owner }),
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('query' as const),
      owner,
      after: maybe(some),
      before: maybe(some),
      start: maybe(time),
      end: maybe(time),
      with: maybe(other),
      limit: some,
      newestFirst: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.constant({ do: 'turn' as const }) },
  fc.constant({ do: 'restart' as const }),
);

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

/** The contract at its shortest. */
class Model {
  readonly maps = new Map<string, Map<string, unknown>>();
  readonly entries = new Map<string, ArchiveEntry[]>();
  readonly last = new Map<string, number>();

  keys(owner: string): Map<string, unknown> {
    return this.maps.get(owner) ?? new Map();
  }

  archived(owner: string): ArchiveEntry[] {
    return this.entries.get(owner) ?? [];
  }

  extent(owner: string): ArchiveExtent {
    const entries = this.archived(owner);
    const size = entries.reduce((sum, { data }) => sum + data.length, 0);
    return { first: entries[0]?.seq ?? 0, last: entries.at(-1)?.seq ?? 0, size };
  }

  query(owner: string, r: ArchiveRange): ArchiveEntry[] {
    const found = this.archived(owner).filter(
      (e) =>
        e.seq > (r.after ?? 0) &&
        e.seq < (r.before ?? Infinity) &&
        e.at >= (r.start ?? 0) &&
        e.at <= (r.end ?? Infinity) &&
        (r.with ?? e.with) === e.with,
    );
    return (r.newestFirst ? found.reverse() : found).slice(0, r.limit);
  }
}

/** A storage and its model side by side, over turns and restarts. */
class Bed {
  readonly #dir = mkdtempSync(join(tmpdir(), 'tharsis-model-'));
  readonly #subject: Subject;
  readonly #model = new Model();
  #driver: StorageDriver;
  /** The operations of this turn. */
  #turn: Promise<void>[] = [];

  constructor(subject: Subject) {
    this.#subject = subject;
    this.#driver = subject.open(this.#dir);
  }

  async do(op: Operation): Promise<void> {
    if (op.do === 'turn') await this.#endTurn();
    else if (op.do === 'restart') await this.#restart();
    else this.#turn.push(step(this.#driver.stores('h'), this.#model, op));
  }

  async finish(): Promise<void> {
    await this.#endTurn();
    await this.#compare();
    await this.#restart();
    await this.#compare();
  }

  async close(): Promise<void> {
    await this.#driver.close();
    rmSync(this.#dir, { recursive: true });
  }

  async #endTurn(): Promise<void> {
    await Promise.all(this.#turn);
    await this.#driver.stores('h').committed();
    this.#turn = [];
  }

  async #restart(): Promise<void> {
    if (!this.#subject.persists) return;
    await this.#endTurn();
    await this.#driver.close();
    this.#driver = this.#subject.open(this.#dir);
  }

  async #compare(): Promise<void> {
    const stores = this.#driver.stores('h');
    const map = stores.map<unknown>('m');
    const archive = stores.archive('a');
    const present = [...this.#model.maps].filter(([, keys]) => keys.size > 0).map(([name]) => name);
    expect(await map.owners()).toEqual(present.sort());
    for (const name of ['a', 'b']) {
      const ordered = [...this.#model.keys(name)].sort(([a], [b]) => (a < b ? -1 : 1));
      expect([...(await map.entries(name))]).toEqual(ordered);
      expect(await archive.query(name, { limit: 100_000 })).toEqual(this.#model.archived(name));
      expect(await archive.extent(name)).toEqual(this.#model.extent(name));
    }
  }
}

/** Calls the storage at once; what a promise answers is looked at when it is there. */
async function step(stores: Stores, model: Model, op: Exclude<Operation, { do: 'turn' | 'restart' }>): Promise<void> {
  const map = stores.map<unknown>('m');
  const archive = stores.archive('a');
  switch (op.do) {
    case 'update': {
      const keys = new Map(model.keys(op.owner));
      const present = keys.get(op.key);
      if (op.value === undefined) keys.delete(op.key);
      else keys.set(op.key, op.value);
      model.maps.set(op.owner, keys);
      let seen: unknown;
      await map.update(op.owner, op.key, (value) => {
        seen = value;
        return op.value;
      });
      expect(seen).toEqual(present);
      return;
    }
    case 'purgeMap':
      model.maps.delete(op.owner);
      return map.purge(op.owner);
    case 'append': {
      const entries = [...model.archived(op.owner)];
      for (let i = 0; i < op.times; i++) {
        const seq = (model.last.get(op.owner) ?? 0) + 1;
        const given = { ...op.entry, at: op.entry.at + (i % 7), data: `${op.entry.data}${i >> 1}` };
        entries.push({ seq, ...given });
        model.last.set(op.owner, seq);
        expect(archive.append(op.owner, given)).toBe(seq);
      }
      model.entries.set(op.owner, entries);
      return;
    }
    case 'drain': {
      const entries = model.archived(op.owner);
      model.entries.set(op.owner, entries.slice(op.limit));
      expect(await archive.drain(op.owner, op.limit)).toEqual(entries.slice(0, op.limit));
      return;
    }
    case 'trim': {
      const entries = model.archived(op.owner);
      const upTo = (entries[0]?.seq ?? 0) + op.above;
      const kept = entries.filter(({ seq }) => seq > upTo);
      model.entries.set(op.owner, kept);
      expect(await archive.trim(op.owner, upTo)).toBe(entries.length - kept.length);
      return;
    }
    case 'purgeArchive':
      model.entries.delete(op.owner);
      return archive.purge(op.owner);
    case 'get': {
      const seq = (model.last.get(op.owner) ?? 0) - op.back;
      const expected = model.archived(op.owner).find((one) => one.seq === seq);
      expect(await archive.get(op.owner, seq)).toEqual(expected);
      return;
    }
    case 'extent': {
      const expected = model.extent(op.owner);
      expect(await archive.extent(op.owner)).toEqual(expected);
      return;
    }
    case 'query': {
      const { do: _, owner, limit, newestFirst, after, before, ...conditions } = op;
      const from = model.archived(owner)[0]?.seq ?? 0;
      const numbers = { after: after && from + after, before: before && from + before };
      const given = Object.entries({ ...numbers, ...conditions }).filter(([, value]) => value !== undefined);
      const range: ArchiveRange = { ...Object.fromEntries(given), limit, newestFirst };
      const expected = model.query(owner, range);
      expect(await archive.query(owner, range)).toEqual(expected);
    }
  }
}

test.each(subjects)('$name behaves as the model whatever is asked of it', { timeout: 120_000 }, async (subject) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 80, size: 'max' }), async (operations) => {
      const bed = new Bed(subject);
      try {
        for (const op of operations) await bed.do(op);
        await bed.finish();
      } finally {
        await bed.close();
      }
    }),
    { numRuns: 60, seed: 2 },
  );
});
