/** Death by SIGKILL: what was acknowledged is there, and the lock dies with its holder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ArchiveStore } from '#core';
import { DataLockedError, lockData, openSqlite } from '../../src/storage/sqlite/index.ts';

const runner = fileURLToPath(new URL('../support/run-typescript.mjs', import.meta.url));
const program = fileURLToPath(new URL('./sqlite-kill.child.ts', import.meta.url));

let dir: string;
let file: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tharsis-kill-'));
  file = join(dir, 'tharsis.sqlite');
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

/** Lets the child write from `first` on until it has acknowledged `enough`, kills it, and answers all acknowledged. */
async function writeAndDie(first: number, enough: number, onAlive: () => void): Promise<number[]> {
  const running = spawn(process.execPath, [runner, program, file, `${first}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = running;
  const gone = once(running, 'exit');
  const acknowledged: number[] = [];
  for await (const line of createInterface(running.stdout)) {
    acknowledged.push(Number(line));
    if (acknowledged.length !== enough) continue;
    onAlive();
    running.kill('SIGKILL');
  }
  expect(await gone).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

/** What the dead left: entries in the journal, and entries that were moved to blocks. */
function halfway(file: string): { journal: boolean; blocks: boolean } {
  const db = new Sqlite(file, { readonly: true });
  const some = (table: string) => db.prepare(`SELECT EXISTS (SELECT * FROM ${table})`).pluck().get() === 1;
  const found = { journal: some('archive_journal'), blocks: some('archive_block') };
  db.close();
  return found;
}

/** The numbers in an archive of the child, each once, as it was written, and in the order of each owner. */
async function all(archive: ArchiveStore): Promise<Set<number>> {
  const found = new Set<number>();
  for (let i = 0; i < 7; i++) {
    const entries = await archive.query(`owner${i}`, { limit: 1_000_000 });
    expect(entries.map(({ at }) => at)).toEqual([...entries].map(({ at }) => at).sort((a, b) => a - b));
    for (const { at, data } of entries) {
      expect(data).toBe(`${at} `.repeat(60));
      expect(found.has(at)).toBe(false);
      found.add(at);
    }
  }
  return found;
}

test('nothing acknowledged is missing after kill -9 in full flight, and the database opens', async () => {
  const acknowledged: number[] = [];
  for (const enough of [200, 500, 2000]) {
    const first = (acknowledged.at(-1) ?? 0) + 1_000;
    acknowledged.push(
      ...(await writeAndDie(first, enough, () => {
        expect(() => lockData(dir)).toThrow(DataLockedError);
      })),
    );
    lockData(dir).release();

    expect(halfway(file)).toEqual({ journal: true, blocks: true });
    const driver = openSqlite({ file, durability: 'normal' });
    const entries = await driver.stores('localhost').map<number>('map').entries('owner');
    const archived = await all(driver.stores('localhost').archive('archive'));
    await driver.close();
    expect(acknowledged.filter((n) => entries.get(`${n}`) !== n || !archived.has(n))).toEqual([]);
    // One turn is one commit on both stores: neither is ahead of the other.
    expect(archived).toEqual(new Set(entries.values()));
    expect(archived.size % 10).toBe(0);
  }
  const db = new Sqlite(file);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
});
