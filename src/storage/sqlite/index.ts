/** The storage contract on one SQLite file. Reads answer at once; writes are committed once per turn of the event loop. */
import Sqlite, { type Database } from 'better-sqlite3';
import { checkStoreName, type Durability, type MapStore, type StorageDriver, StorageError } from '#core';
import { ArchiveStatements } from './archive-statements.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate } from './schema.ts';
import { SqliteArchive } from './sqlite-archive.ts';
import { sqliteError } from './sqlite-error.ts';
import { MapStatements, SqliteMap } from './sqlite-map.ts';

export { DataLockedError, lockData } from './data-lock.ts';

/** How long a write waits for another program (a backup, the sqlite3 shell) to let go of the file. */
const BUSY_MS = 5_000;

export interface SqliteOptions {
  /** Path of the database; its directory exists. */
  readonly file: string;
  readonly durability: Durability;
}

/** @throws {StorageError} when the file cannot be opened, is no database, is damaged, or is of a newer version. */
export function openSqlite({ file, durability }: SqliteOptions): StorageDriver {
  const db = openDatabase(file, durability);
  const group = new GroupCommit(db);
  const maps = new MapStatements(db);
  const archives = new ArchiveStatements(db);
  return {
    stores: (host) => ({
      map<V>(name: string): MapStore<V> {
        checkStoreName(name);
        return new SqliteMap<V>(group, maps, host, name);
      },
      archive(name) {
        checkStoreName(name);
        return new SqliteArchive(group, archives, host, name);
      },
      committed: () => group.committed(),
    }),
    async close() {
      group.flush();
      db.close();
    },
  };
}

function openDatabase(file: string, durability: Durability): Database {
  let db: Database | undefined;
  try {
    db = new Sqlite(file, { timeout: BUSY_MS });
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
      throw new StorageError(`${file} cannot use a write-ahead log: keep it on a local disk`);
    }
    // https://www.sqlite.org/pragma.html#pragma_synchronous: with WAL, NORMAL hands a commit to the operating system,
    // which outlives the process; FULL flushes it to the disk.
    db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    migrate(db);
    return db;
  } catch (cause) {
    db?.close();
    throw sqliteError(file, cause);
  }
}
