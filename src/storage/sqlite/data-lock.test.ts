import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StorageError } from '#core';
import { DataLockedError, lockData } from './index.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-lock-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

test('the second to lock a directory is told which and what to do, until the first lets go', () => {
  const first = lockData(dir);
  expect(() => lockData(dir)).toThrow(DataLockedError);
  expect(() => lockData(dir)).toThrow(`another server is running on ${dir}`);
  first.release();
  lockData(dir).release();
});

test('other directories are not concerned', () => {
  const other = mkdtempSync(join(tmpdir(), 'tharsis-lock-'));
  const locks = [lockData(dir), lockData(other)];
  for (const lock of locks) lock.release();
  rmSync(other, { recursive: true });
});

test('a directory that does not exist is a storage error, not a lock', () => {
  expect(() => lockData(join(dir, 'missing'))).toThrow(StorageError);
});
