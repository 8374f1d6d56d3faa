/** The storage contract (src/core/storage/contract.ts): one suite, every driver. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMemoryStorage, type StorageDriver, StorageError, TRIM_ENTRIES } from '#core';
import { openSqlite } from '../../src/storage/sqlite/index.ts';

interface Subject {
  readonly name: string;
  readonly persists: boolean;
  /** Opens the storage kept in this directory. */
  open(dir: string): StorageDriver;
}

const subjects: readonly Subject[] = [
  { name: 'memory', persists: false, open: () => createMemoryStorage() },
  {
    name: 'sqlite',
    persists: true,
    open: (dir) => openSqlite({ file: join(dir, 'tharsis.sqlite'), durability: 'normal' }),
  },
  {
    name: 'sqlite, where nothing archived waits for its block',
    persists: true,
    open: (dir) => openSqlite({ file: join(dir, 'tharsis.sqlite'), durability: 'normal', waiting: 0 }),
  },
];

const ROMEO = 'romeo@montague.example';
const JULIET = 'juliet@capulet.example';

describe.each(subjects)('storage in $name', ({ persists, open }) => {
  let dir: string;
  let driver: StorageDriver;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'tharsis-storage-'));
    driver = open(dir);
  });

  afterEach(async () => {
    await driver.close();
    rmSync(dir, { recursive: true });
  });

  const map = <V>(name = 'roster', host = 'localhost') => driver.stores(host).map<V>(name);
  const archive = (name = 'mam', host = 'localhost') => driver.stores(host).archive(name);

  describe('a map', () => {
    test('answers what was stored and undefined for the rest', async () => {
      const store = map<{ groups: string[] }>();
      expect(await store.get(ROMEO, JULIET)).toBeUndefined();
      expect(await store.entries(ROMEO)).toEqual(new Map());
      expect(await store.update(ROMEO, JULIET, () => ({ groups: ['Friends'] }))).toEqual({ groups: ['Friends'] });
      expect(await store.get(ROMEO, JULIET)).toEqual({ groups: ['Friends'] });
      expect(await store.get(JULIET, ROMEO)).toBeUndefined();
    });

    test('keeps null, false, zero and the empty string apart from nothing', async () => {
      const store = map<unknown>();
      const values = [null, false, 0, ''];
      await Promise.all(values.map((value, i) => store.update(ROMEO, `${i}`, () => value)));
      expect([...(await store.entries(ROMEO)).values()]).toEqual(values);
    });

    test('deletes a key whose change answers undefined', async () => {
      const store = map<number>();
      await store.update(ROMEO, 'a', () => 1);
      expect(await store.update(ROMEO, 'a', () => undefined)).toBeUndefined();
      expect(await store.get(ROMEO, 'a')).toBeUndefined();
      expect(await store.owners()).toEqual([]);
    });

    test('loses no update of one key when many are issued in one turn', async () => {
      const store = map<number>();
      const results = await Promise.all(
        Array.from({ length: 100 }, () => store.update(ROMEO, 'count', (present = 0) => present + 1)),
      );
      expect(results).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
      expect(await store.get(ROMEO, 'count')).toBe(100);
    });

    test('shows a write to reads of the same turn', async () => {
      const store = map<number>();
      const written = store.update(ROMEO, 'a', () => 1);
      expect(await store.get(ROMEO, 'a')).toBe(1);
      await written;
    });

    test('changes nothing when change throws, and the other writes of the turn stand', async () => {
      const store = map<{ n: number }>();
      await store.update(ROMEO, 'a', () => ({ n: 1 }));
      const refusal = new Error('not allowed');
      const outcomes = await Promise.allSettled([
        store.update(ROMEO, 'b', () => ({ n: 2 })),
        store.update(ROMEO, 'a', (present) => {
          if (present !== undefined) present.n = 9;
          throw refusal;
        }),
        store.update(ROMEO, 'c', () => ({ n: 3 })),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(outcomes[1]).toMatchObject({ reason: refusal });
      expect(Object.fromEntries(await store.entries(ROMEO))).toEqual({ a: { n: 1 }, b: { n: 2 }, c: { n: 3 } });
    });

    test('refuses what JSON cannot hold, and changes nothing', async () => {
      const store = map<unknown>();
      const circle: { self?: unknown } = {};
      circle.self = circle;
      await expect(store.update(ROMEO, 'a', () => circle)).rejects.toBeInstanceOf(StorageError);
      await expect(store.update(ROMEO, 'a', () => () => 1)).rejects.toBeInstanceOf(StorageError);
      expect(await store.get(ROMEO, 'a')).toBeUndefined();
    });

    test('is not changed through the values it took or gave', async () => {
      const store = map<{ groups: string[] }>();
      const given = { groups: ['a'] };
      const result = await store.update(ROMEO, 'x', () => given);
      given.groups.push('b');
      result?.groups.push('c');
      (await store.get(ROMEO, 'x'))?.groups.push('d');
      (await store.entries(ROMEO)).get('x')?.groups.push('e');
      expect(await store.get(ROMEO, 'x')).toEqual({ groups: ['a'] });
    });

    test('orders keys and owners by code point, in any script', async () => {
      const store = map<number>();
      const ordered = ['', ' ', "'; DROP TABLE map", 'A', 'a', 'a@b/c', 'é', 'ж', '火', '\uffee', '😀', '😀a'];
      const shuffled = [...ordered].reverse();
      await Promise.all(shuffled.map((key) => store.update(ROMEO, key, () => 1)));
      await Promise.all(shuffled.map((owner) => store.update(owner, 'k', () => 1)));
      expect([...(await store.entries(ROMEO)).keys()]).toEqual(ordered);
      expect((await store.owners()).filter((owner) => owner !== ROMEO)).toEqual(ordered);
    });

    test('pages through owners, each once however many keys it has', async () => {
      const store = map<number>();
      const names = Array.from({ length: 10 }, (_, i) => `user${i}`);
      await Promise.all(names.flatMap((name) => ['x', 'y'].map((key) => store.update(name, key, () => 1))));
      expect(await store.owners(undefined, 4)).toEqual(names.slice(0, 4));
      expect(await store.owners('user3', 4)).toEqual(names.slice(4, 8));
      expect(await store.owners('user7', 4)).toEqual(names.slice(8));
      expect(await store.owners('user9', 4)).toEqual([]);
      expect(await store.owners('user35', 1)).toEqual(['user4']);
    });

    test('keeps a value of a megabyte', async () => {
      const store = map<string>('avatar');
      const value = '火'.repeat(350_000);
      await store.update(ROMEO, 'data', () => value);
      expect(await store.get(ROMEO, 'data')).toBe(value);
    });

    test('purges one owner only', async () => {
      const store = map<number>();
      await Promise.all([ROMEO, JULIET].flatMap((o) => ['a', 'b'].map((key) => store.update(o, key, () => 1))));
      await store.purge(ROMEO);
      expect(await store.owners()).toEqual([JULIET]);
      expect((await store.entries(JULIET)).size).toBe(2);
    });

    test('shares nothing with other names and hosts, and everything with itself', async () => {
      await map<number>('roster', 'a.example').update(ROMEO, 'k', () => 1);
      expect(await map('roster', 'b.example').get(ROMEO, 'k')).toBeUndefined();
      expect(await map('private', 'a.example').get(ROMEO, 'k')).toBeUndefined();
      expect(await map('roster', 'a.example').get(ROMEO, 'k')).toBe(1);
      await map('roster', 'b.example').purge(ROMEO);
      expect(await map('roster', 'a.example').owners()).toEqual([ROMEO]);
    });

    test('has a name of lower-case letters, digits and hyphens', () => {
      for (const name of ['', 'Roster', 'a b', 'a/b', 'a\n']) {
        expect(() => map(name)).toThrow(StorageError);
        expect(() => archive(name)).toThrow(StorageError);
      }
    });
  });

  describe('an archive', () => {
    const entry = (n: number, other = JULIET) => ({ at: n * 1000, with: other, data: `<message ${n}/>` });
    const fill = (count: number) =>
      Promise.all(
        Array.from({ length: count }, (_, i) => archive().append(ROMEO, entry(i + 1, i % 3 === 0 ? 'x@y' : JULIET))),
      );
    const numbers = async (range: Parameters<ReturnType<typeof archive>['query']>[1]) =>
      (await archive().query(ROMEO, range)).map(({ seq }) => seq);

    test('numbers each owner from 1, in the order of the calls', async () => {
      const store = archive();
      const seqs = await Promise.all([
        store.append(ROMEO, entry(1)),
        store.append(JULIET, entry(2)),
        store.append(ROMEO, entry(3)),
      ]);
      expect(seqs).toEqual([1, 1, 2]);
      expect(await store.query(ROMEO, { limit: 10 })).toEqual([
        { seq: 1, ...entry(1) },
        { seq: 2, ...entry(3) },
      ]);
      expect(await store.head(ROMEO)).toBe(2);
      expect(await store.head('nobody@example')).toBe(0);
      expect(await store.query('nobody@example', { limit: 10 })).toEqual([]);
    });

    test('pages in both directions from the middle', async () => {
      await fill(20);
      expect(await numbers({ after: 10, limit: 3 })).toEqual([11, 12, 13]);
      expect(await numbers({ before: 10, limit: 3, newestFirst: true })).toEqual([9, 8, 7]);
      expect(await numbers({ before: 10, limit: 3 })).toEqual([1, 2, 3]);
      expect(await numbers({ after: 10, limit: 3, newestFirst: true })).toEqual([20, 19, 18]);
      expect(await numbers({ after: 10, before: 12, limit: 3 })).toEqual([11]);
      expect(await numbers({ after: 20, limit: 3 })).toEqual([]);
      expect(await numbers({ before: 1, limit: 3, newestFirst: true })).toEqual([]);
      expect(await numbers({ limit: 0 })).toEqual([]);
    });

    test('filters by time, both ends included, and by the other side', async () => {
      await fill(20);
      expect(await numbers({ start: 5000, end: 7000, limit: 10 })).toEqual([5, 6, 7]);
      expect(await numbers({ start: 18_500, limit: 10 })).toEqual([19, 20]);
      expect(await numbers({ end: 2500, limit: 10, newestFirst: true })).toEqual([2, 1]);
      expect(await numbers({ with: 'x@y', start: 5000, limit: 2 })).toEqual([7, 10]);
      expect(await numbers({ with: 'x@y', before: 10, limit: 2, newestFirst: true })).toEqual([7, 4]);
      expect(await numbers({ with: 'x@y', start: 4000, end: 16_000, after: 4, limit: 2 })).toEqual([7, 10]);
      expect(await numbers({ with: '', limit: 2 })).toEqual([]);
    });

    test('finds by time across many entries though the clock stepped back', async () => {
      const store = archive();
      const times = Array.from({ length: 1000 }, (_, i) => (i < 600 ? 10_000 + i : 9_000 + i));
      await Promise.all(times.map((at, i) => store.append(ROMEO, { ...entry(i), at })));
      const expected = times.flatMap((at, i) => (at >= 9_700 && at <= 10_050 ? [i + 1] : []));
      expect(await numbers({ start: 9_700, end: 10_050, limit: 1000 })).toEqual(expected);
      expect(await numbers({ start: 9_700, end: 10_050, limit: 1000, newestFirst: true })).toEqual(
        [...expected].reverse(),
      );
      expect(await numbers({ start: 9_700, end: 10_050, after: 255, before: 701, limit: 1000 })).toEqual(
        expected.filter((seq) => seq > 255 && seq < 701),
      );
    });

    test('gives an entry by its number', async () => {
      const store = archive();
      await fill(3);
      expect(await store.get(ROMEO, 2)).toEqual({ seq: 2, ...entry(2) });
      expect(await store.get(ROMEO, 4)).toBeUndefined();
      expect(await store.get(ROMEO, 0)).toBeUndefined();
      expect(await store.get(JULIET, 2)).toBeUndefined();
    });

    test('knows its ends and the size of its data', async () => {
      const store = archive();
      const nothing = { first: 0, last: 0, size: 0 };
      expect(await store.extent(ROMEO)).toEqual(nothing);
      for (const data of ['a', 'bb', 'жжж', '😀😀']) await store.append(ROMEO, { ...entry(1), data });
      expect(await store.extent(ROMEO)).toEqual({ first: 1, last: 4, size: 10 });
      await store.drain(ROMEO, 1);
      await store.trim(ROMEO, 2);
      expect(await store.extent(ROMEO)).toEqual({ first: 3, last: 4, size: 7 });
      await store.purge(ROMEO);
      expect(await store.extent(ROMEO)).toEqual(nothing);
    });

    test('trims up to a number, that one included', async () => {
      const store = archive();
      await fill(5);
      expect(await store.trim(ROMEO, 0)).toBe(0);
      expect(await store.trim(ROMEO, 2)).toBe(2);
      expect(await store.trim(ROMEO, 2)).toBe(0);
      expect(await numbers({ limit: 10 })).toEqual([3, 4, 5]);
      expect(await store.trim(ROMEO, 100)).toBe(3);
      expect(await store.trim('nobody@example', 100)).toBe(0);
      expect(await store.append(ROMEO, entry(6))).toBe(6);
    });

    test('trims in bounded pieces', async () => {
      const store = archive();
      await fill(TRIM_ENTRIES + 3);
      expect(await store.trim(ROMEO, TRIM_ENTRIES + 1)).toBe(TRIM_ENTRIES);
      expect(await store.head(ROMEO)).toBe(TRIM_ENTRIES + 3);
      expect(await store.trim(ROMEO, TRIM_ENTRIES + 1)).toBe(1);
      expect(await numbers({ limit: 10 })).toEqual([TRIM_ENTRIES + 2, TRIM_ENTRIES + 3]);
    });

    test('drains the oldest first, and gives no entry to two callers', async () => {
      const store = archive();
      await fill(5);
      const [first, second] = await Promise.all([store.drain(ROMEO, 3), store.drain(ROMEO, 3)]);
      expect(first.map(({ seq }) => seq)).toEqual([1, 2, 3]);
      expect(second.map(({ seq }) => seq)).toEqual([4, 5]);
      expect(await store.query(ROMEO, { limit: 10 })).toEqual([]);
      expect(await store.get(ROMEO, 5)).toBeUndefined();
      expect(await store.head(ROMEO)).toBe(0);
      expect(await store.drain('nobody@example', 3)).toEqual([]);
    });

    test('never gives a number twice, not even after drain and purge', async () => {
      const store = archive();
      await fill(2);
      await store.drain(ROMEO, 10);
      expect(await store.append(ROMEO, entry(3))).toBe(3);
      await store.purge(ROMEO);
      expect(await store.head(ROMEO)).toBe(0);
      expect(await store.append(ROMEO, entry(4))).toBe(4);
      expect(await numbers({ start: 4000, limit: 10 })).toEqual([4]);
    });

    test('purges one owner only', async () => {
      const store = archive();
      await fill(2);
      await store.append(JULIET, entry(1));
      await store.purge(ROMEO);
      expect(await store.query(ROMEO, { limit: 10 })).toEqual([]);
      expect(await store.query(JULIET, { limit: 10 })).toHaveLength(1);
    });

    test('refuses a time that is not whole milliseconds, and gives no number for it', async () => {
      const store = archive();
      await expect((async () => store.append(ROMEO, { ...entry(1), at: 0.5 }))()).rejects.toBeInstanceOf(StorageError);
      expect(await store.append(ROMEO, entry(1))).toBe(1);
    });

    test('is not changed through the entries it took or gave', async () => {
      const given = entry(1);
      await archive().append(ROMEO, given);
      given.data = 'changed';
      for (const taken of await archive().query(ROMEO, { limit: 1 })) Reflect.set(taken, 'data', 'changed');
      expect(await archive().get(ROMEO, 1)).toEqual({ seq: 1, ...entry(1) });
    });

    test('commits at once what is pending, when told to', async () => {
      const stores = driver.stores('localhost');
      await stores.archive('mam').append(ROMEO, entry(1));
      await driver.commit();
      expect(stores.committed()).toBeUndefined();
    });

    test('tells when what was appended is committed', async () => {
      const stores = driver.stores('localhost');
      await stores.archive('mam').append(ROMEO, entry(1));
      await stores.committed();
      expect(stores.committed()).toBeUndefined();
      expect(await stores.archive('mam').head(ROMEO)).toBe(1);
    });

    test('shares nothing with other names and hosts', async () => {
      await archive('mam', 'a.example').append(ROMEO, entry(1));
      expect(await archive('mam', 'b.example').head(ROMEO)).toBe(0);
      expect(await archive('offline', 'a.example').head(ROMEO)).toBe(0);
      expect(await archive('mam', 'a.example').head(ROMEO)).toBe(1);
    });
  });

  if (persists) {
    test('what was acknowledged, and what was pending at close, is there after reopening', async () => {
      await map<number>().update(ROMEO, 'acknowledged', () => 1);
      await archive().append(ROMEO, { at: 1, with: '', data: 'x' });
      await driver.stores('localhost').committed();
      const pending = [
        map<number>().update(ROMEO, 'pending', () => 2),
        archive().append(ROMEO, { at: 2, with: '', data: 'y' }),
      ];
      await driver.close();
      expect(await Promise.all(pending)).toEqual([2, 2]);
      driver = open(dir);
      expect(Object.fromEntries(await map<number>().entries(ROMEO))).toEqual({ acknowledged: 1, pending: 2 });
      expect(await archive().query(ROMEO, { limit: 10 })).toHaveLength(2);
      await archive().purge(ROMEO);
      await driver.close();
      driver = open(dir);
      expect(await archive().append(ROMEO, { at: 3, with: '', data: 'z' })).toBe(3);
    });
  }
});
