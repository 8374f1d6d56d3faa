import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StorageError } from '#core';
import { openSqlite } from './index.ts';

let dir: string;
let file: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-sqlite-'));
  file = join(dir, 'tharsis.sqlite');
});

afterEach(() => rmSync(dir, { recursive: true }));

const open = () => openSqlite({ file, durability: 'normal' });

function refusal(act: () => unknown): StorageError {
  try {
    act();
  } catch (error) {
    if (error instanceof StorageError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

test('a file that is no database is refused by its path, and left as it is', () => {
  writeFileSync(file, 'a diary, not a database. '.repeat(100));
  const { message, cause } = refusal(open);
  expect(message).toContain(file);
  expect(message).toContain('is not a database');
  expect(cause).toMatchObject({ code: 'SQLITE_NOTADB' });
  expect(readdirSync(dir)).toEqual(['tharsis.sqlite']);
});

test('a page that is damaged later is refused by path when it is read', async () => {
  const first = open();
  await first
    .stores('h')
    .map('m')
    .update('o', 'k', () => 'x'.repeat(100_000));
  await first.close();
  const fd = openSync(file, 'r+');
  for (let page = 1; page < 20; page++) writeSync(fd, Buffer.alloc(4096, 0xff), 0, 4096, page * 4096);
  closeSync(fd);
  const { message } = refusal(() => open().stores('h').map('m').get('o', 'k'));
  expect(message).toContain(`${file} is damaged`);
});

test('a missing directory is told by the path', () => {
  file = join(dir, 'missing', 'tharsis.sqlite');
  expect(refusal(open).message).toContain(file);
});

test('a file written by a newer version is refused with what to do', async () => {
  await open().close();
  const db = new Sqlite(file);
  db.pragma('user_version = 1000');
  db.close();
  expect(refusal(open).message).toMatch(/newer version of Tharsis \(schema 1000.*start that version again/);
});

test.each(['normal', 'full'] as const)(
  'durability %s writes ahead to a log, and close folds it in',
  async (durability) => {
    const driver = openSqlite({ file, durability });
    await driver
      .stores('h')
      .map('m')
      .update('o', 'k', () => 1);
    expect(readdirSync(dir)).toContain('tharsis.sqlite-wal');
    await driver.close();
    // The last connection to close folds the log into the database: one file is all there is to copy.
    expect(readdirSync(dir)).toEqual(['tharsis.sqlite']);
  },
);
