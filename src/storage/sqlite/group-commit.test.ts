import Sqlite, { type Database } from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StorageError } from '#core';
import { GroupCommit } from './group-commit.ts';

let db: Database;
let group: GroupCommit;

beforeEach(() => {
  db = new Sqlite(':memory:');
  db.pragma('foreign_keys = ON');
  db.exec(`CREATE TABLE t (n INTEGER PRIMARY KEY);
    CREATE TABLE child (n INTEGER REFERENCES t DEFERRABLE INITIALLY DEFERRED);
    CREATE TABLE big (data BLOB)`);
  group = new GroupCommit(db);
});

afterEach(() => db.close());

const insert = (n: number) => group.write(() => db.prepare('INSERT INTO t VALUES (?)').run(n).changes);
const stored = () => db.prepare('SELECT n FROM t ORDER BY n').pluck().all();

test('the writes of a turn are one transaction, and none is acknowledged before its commit', async () => {
  const states: boolean[] = [];
  const writes = [1, 2, 3].map((n) => insert(n).then(() => states.push(db.inTransaction)));
  expect(db.inTransaction).toBe(true);
  await Promise.resolve();
  expect(states).toEqual([]);
  await Promise.all(writes);
  expect(states).toEqual([false, false, false]);
});

test('a commit that fails rejects the whole group with StorageError, and the next group succeeds', async () => {
  const orphan = group.write(() => db.prepare('INSERT INTO child VALUES (99)').run());
  const outcomes = await Promise.allSettled([insert(1), orphan, insert(2)]);
  for (const outcome of outcomes) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { cause: { code: 'SQLITE_CONSTRAINT_FOREIGNKEY' } } });
    expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(StorageError);
  }
  expect(stored()).toEqual([]);
  await insert(3);
  expect(stored()).toEqual([3]);
});

test('a full disk in the middle of a turn takes the writes before and after it too', async () => {
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  const outcomes = await Promise.allSettled([
    insert(1),
    group.write(() => db.prepare('INSERT INTO big VALUES (zeroblob(100000))').run()),
    insert(2),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(outcomes[0]).toMatchObject({ reason: { message: expect.stringContaining('the disk is full') } });
  expect(stored()).toEqual([]);
  await insert(3);
  expect(stored()).toEqual([3]);
});

test('an error that is not of the database concerns its own write only', async () => {
  const failing = group.write(() => {
    throw new RangeError('no');
  });
  const outcomes = await Promise.allSettled([insert(1), failing, insert(2)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(stored()).toEqual([1, 2]);
});

test('flush commits at once', async () => {
  const write = insert(1);
  group.flush();
  expect(db.inTransaction).toBe(false);
  await expect(write).resolves.toBe(1);
});
