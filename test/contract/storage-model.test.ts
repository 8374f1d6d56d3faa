/** Random operations on every driver against plain arrays and maps: what they answer must not differ. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ArchiveEntry, type ArchiveRange, createMemoryStorage, type StorageDriver } from '#core';
import { openSqlite } from '../../src/storage/sqlite/index.ts';

const drivers: readonly { name: string; open(dir: string): StorageDriver }[] = [
  { name: 'memory', open: () => createMemoryStorage() },
  { name: 'sqlite', open: (dir) => openSqlite({ file: join(dir, 'x.sqlite'), durability: 'normal' }) },
];

const owner = fc.constantFrom('a', 'b');
const small = fc.nat({ max: 12 });
const other = fc.constantFrom('', 'x@y');
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });

const operation = fc.oneof(
  fc.record({
    do: fc.constant('update' as const),
    owner,
    key: fc.constantFrom('', 'k', 'é'),
    value: maybe(fc.jsonValue()),
  }),
  fc.record({ do: fc.constant('purgeMap' as const), owner }),
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('append' as const), owner, at: small, with: other, data: fc.string() }),
  },
  fc.record({ do: fc.constant('drain' as const), owner, limit: small }),
  fc.record({ do: fc.constant('trim' as const), owner, upTo: small }),
  fc.record({ do: fc.constant('get' as const), owner, seq: small }),
  fc.record({ do: fc.constant('purgeArchive' as const), owner }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('query' as const),
      owner,
      after: maybe(small),
      before: maybe(small),
      start: maybe(small),
      end: maybe(small),
      with: maybe(other),
      limit: small,
      newestFirst: fc.boolean(),
    }),
  },
);

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

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

async function step(driver: StorageDriver, model: Model, op: Operation): Promise<void> {
  const map = driver.stores('h').map<unknown>('m');
  const archive = driver.stores('h').archive('a');
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
      const seq = (model.last.get(op.owner) ?? 0) + 1;
      const entry = { at: op.at, with: op.with, data: op.data };
      model.last.set(op.owner, seq);
      model.entries.set(op.owner, [...model.archived(op.owner), { seq, ...entry }]);
      expect(await archive.append(op.owner, entry)).toBe(seq);
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
      model.entries.set(
        op.owner,
        entries.filter(({ seq }) => seq > op.upTo),
      );
      expect(await archive.trim(op.owner, op.upTo)).toBe(entries.length - model.archived(op.owner).length);
      return;
    }
    case 'get':
      expect(await archive.get(op.owner, op.seq)).toEqual(model.archived(op.owner).find(({ seq }) => seq === op.seq));
      return;
    case 'purgeArchive':
      model.entries.delete(op.owner);
      return archive.purge(op.owner);
    case 'query': {
      const { do: _, owner, limit, newestFirst, ...conditions } = op;
      const given = Object.fromEntries(Object.entries(conditions).filter(([, value]) => value !== undefined));
      const range: ArchiveRange = { ...given, limit, newestFirst };
      expect(await archive.query(owner, range)).toEqual(model.query(owner, range));
    }
  }
}

test.each(drivers)('$name behaves as the model whatever is asked of it', async ({ open }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 60, size: 'max' }), async (operations) => {
      const dir = mkdtempSync(join(tmpdir(), 'tharsis-model-'));
      const driver = open(dir);
      try {
        const model = new Model();
        for (const op of operations) await step(driver, model, op);
        const map = driver.stores('h').map<unknown>('m');
        const present = [...model.maps].filter(([, keys]) => keys.size > 0).map(([name]) => name);
        expect(await map.owners()).toEqual(present.sort());
        for (const name of ['a', 'b']) {
          const ordered = [...model.keys(name)].sort(([a], [b]) => (a < b ? -1 : 1));
          expect([...(await map.entries(name))]).toEqual(ordered);
          const archived = model.archived(name);
          const last = archived.at(-1)?.seq ?? 0;
          const size = archived.reduce((sum, { data }) => sum + data.length, 0);
          expect(await driver.stores('h').archive('a').head(name)).toBe(last);
          expect(await driver.stores('h').archive('a').extent(name)).toEqual({
            first: archived[0]?.seq ?? 0,
            last,
            size,
          });
        }
      } finally {
        await driver.close();
        rmSync(dir, { recursive: true });
      }
    }),
    { numRuns: 60, seed: 2 },
  );
});
