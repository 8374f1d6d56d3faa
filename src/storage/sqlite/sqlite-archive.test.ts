/** What the contract's tests cannot do: commits that fail, and what is in the file. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ArchiveStore, type StorageDriver, StorageError, type Stores } from '#core';
import { openSqlite } from './index.ts';

let dir: string;
let file: string;
let driver: StorageDriver;
let stores: Stores;
let archive: ArchiveStore;
let lost: StorageError[];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-archive-'));
  file = join(dir, 'tharsis.sqlite');
  lost = [];
  open();
});

afterEach(async () => {
  await driver.close();
  rmSync(dir, { recursive: true });
});

function open(waiting?: number): void {
  driver = openSqlite({
    file,
    durability: 'normal',
    ...(waiting !== undefined && { waiting }),
    onLost: (e) => lost.push(e),
  });
  stores = driver.stores('h');
  archive = stores.archive('a');
}

async function reopen(waiting?: number): Promise<void> {
  await driver.close();
  open(waiting);
}

/** On a connection of its own, as an administrator would. */
function sql(text: string): unknown[] {
  const db = new Sqlite(file);
  try {
    const statement = db.prepare(text);
    return statement.reader ? statement.pluck().all() : [statement.run()];
  } finally {
    db.close();
  }
}

const refuse = (table: string) =>
  sql(`CREATE TRIGGER refused BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, 'refused'); END`);
const permit = () => sql('DROP TRIGGER refused');

const append = (owner: string, count = 1) =>
  Array.from({ length: count }, (_, i) => archive.append(owner, { at: i, with: 'x', data: `<${i}>` }));
const numbers = async (owner: string) => (await archive.query(owner, { limit: 10_000 })).map(({ seq }) => seq);

test('what a failed commit held is gone, what was there stays, and no number is given again', async () => {
  append('old', 2);
  await stores.committed();
  refuse('archive_journal');
  expect([...append('old', 2), ...append('new', 2)]).toEqual([3, 4, 1, 2]);
  expect(await numbers('old')).toEqual([1, 2, 3, 4]);
  await expect(stores.committed()).rejects.toBeInstanceOf(StorageError);
  expect(lost).toHaveLength(1);
  permit();
  expect(await numbers('old')).toEqual([1, 2]);
  expect(await numbers('new')).toEqual([]);
  expect(await archive.extent('new')).toEqual({ first: 0, last: 0, size: 0 });
  expect([...append('old'), ...append('new')]).toEqual([5, 3]);
  await stores.committed();
  await reopen();
  expect(await numbers('old')).toEqual([1, 2, 5]);
  expect(await numbers('new')).toEqual([3]);
});

test('a number that a lost turn gave is not given after a restart either', async () => {
  append('old');
  await stores.committed();
  refuse('archive_journal');
  append('old');
  append('new');
  await expect(stores.committed()).rejects.toBeInstanceOf(StorageError);
  permit();
  await stores.map('m').update('o', 'k', () => 1);
  await reopen();
  expect([...append('old'), ...append('new')]).toEqual([3, 2]);
});

test('owners of lost turns that went out of memory since are no obstacle to later turns', async () => {
  const owners = Array.from({ length: 40_000 }, (_, i) => `u${i}`);
  refuse('archive_journal');
  for (const owner of owners) append(owner);
  await expect(stores.committed()).rejects.toBeInstanceOf(StorageError);
  append('u0');
  await expect(stores.committed()).rejects.toBeInstanceOf(StorageError);
  permit();
  append('u0');
  await stores.committed();
  append('u0');
  await stores.committed();
  expect(await numbers('u0')).toHaveLength(2);
});

test('what a lost turn took out is there again', async () => {
  append('owner', 400);
  await stores.committed();
  await reopen();
  append('owner', 5);
  await stores.committed();
  const { size } = await archive.extent('owner');
  refuse('archive_journal');
  append('other');
  const outcomes = await Promise.allSettled([
    archive.trim('owner', 100),
    archive.drain('owner', 302),
    archive.purge('owner'),
  ]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  permit();
  expect(await numbers('owner')).toEqual(Array.from({ length: 405 }, (_, i) => i + 1));
  expect(await archive.extent('owner')).toEqual({ first: 1, last: 405, size });
});

test('blocks that cannot be written lose the turn, not what waited before it', async () => {
  append('owner', 10);
  await stores.committed();
  await reopen(0);
  refuse('archive_block');
  append('owner');
  await expect(stores.committed()).rejects.toBeInstanceOf(StorageError);
  permit();
  append('owner');
  await stores.committed();
  expect(await numbers('owner')).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12]);
  expect(sql('SELECT first FROM archive_block ORDER BY first')).toEqual([1, 12]);
});

test('what is moved to blocks leaves the journal, and what is taken out leaves the file', async () => {
  append('owner', 300);
  await stores.committed();
  expect(sql('SELECT count(*) FROM archive_journal')).toEqual([1]);
  await reopen();
  expect(sql('SELECT count(*) FROM archive_journal')).toEqual([0]);
  expect(sql('SELECT last - first + 1 FROM archive_block ORDER BY first')).toEqual([127, 128, 45]);
  expect(sql('SELECT span FROM archive_with')).toEqual([0, 1]);
  await archive.trim('owner', 127);
  expect(sql('SELECT first FROM archive_block')).toEqual([128, 256]);
  expect(sql('SELECT span FROM archive_span UNION ALL SELECT span FROM archive_with')).toEqual([1, 1]);
  await archive.purge('owner');
  expect(sql('SELECT (SELECT count(*) FROM archive_block) + (SELECT count(*) FROM archive_with)')).toEqual([0]);
});

test('a store keeps few of its owners in memory, and gives the right numbers to all', async () => {
  const owners = Array.from({ length: 40_000 }, (_, i) => `u${i}`);
  for (const owner of owners) archive.append(owner, { at: 1, with: '', data: '' });
  await stores.committed();
  await reopen(0);
  for (const owner of owners) expect(archive.append(owner, { at: 2, with: '', data: '' })).toBe(2);
});

test('what is taken out before it went to a block does not stay in the journal for ever', async () => {
  await reopen(10_000);
  let most = 0;
  for (let turn = 0; turn < 500; turn++) {
    append('owner', 2);
    await archive.drain('owner', 2);
    most = Math.max(most, sql('SELECT count(*) FROM archive_journal')[0] as number);
  }
  expect(most).toBeLessThan(200);
  expect(await numbers('owner')).toEqual([]);
  append('owner', 3);
  await stores.committed();
  await reopen();
  expect(await numbers('owner')).toEqual([1001, 1002, 1003]);
});
