/** The storage contract on one SQLite file. Reads answer at once; writes are committed once per turn of the event loop. */
import Sqlite, { type Database } from 'better-sqlite3';
import {
  type ArchiveStore,
  checkStoreName,
  type Durability,
  type MapStore,
  type StorageDriver,
  StorageError,
} from '#core';
import { ArchiveBlocks } from './archive-blocks.ts';
import { ArchiveJournal } from './archive-journal.ts';
import { ArchiveStatements } from './archive-statements.ts';
import { GroupCommit } from './group-commit.ts';
import { migrate } from './schema.ts';
import { SqliteArchive } from './sqlite-archive.ts';
import { sqliteError } from './sqlite-error.ts';
import { MapStatements, SqliteMap } from './sqlite-map.ts';

export { DataLockedError, lockData } from './data-lock.ts';

/** How long a write waits for another program (a backup, the sqlite3 shell) to let go of the file. */
const BUSY_MS = 5_000;

/** Of a new file. Most of what is written are long rows of archives, and a row costs by the pages it takes. */
const PAGE_BYTES = 8_192;

/** The log is folded into the file at this length: a page that changes often is written there less often. */
const CHECKPOINT_BYTES = 16_000_000;

/** Enough for the journal of an archive, which is deleted while it is still in memory. */
const CACHE_KIB = 16_384;

export interface SqliteOptions {
  /** Path of the database; its directory exists. */
  readonly file: string;
  readonly durability: Durability;
  /** How many characters of archived entries may wait in memory before they are moved to blocks. 8 Mi unless told. */
  readonly waiting?: number;
  /** Is told of every commit that fails: not everybody who writes waits to learn it. */
  readonly onLost?: (error: StorageError) => void;
}

const WAITING = 8 * 1024 * 1024;

/** @throws {StorageError} when the file cannot be opened, is no database, is damaged, or is of a newer version. */
export function openSqlite({ file, durability, waiting = WAITING, onLost }: SqliteOptions): StorageDriver {
  const db = openDatabase(file, durability);
  const maps = new MapStatements(db);
  const statements = new ArchiveStatements(db);
  const blocks = new ArchiveBlocks(statements);
  const journal = new ArchiveJournal(statements, blocks, waiting);
  const group = new GroupCommit(db, journal, onLost);
  recover(db, group, journal);
  const archives = new Map<string, ArchiveStore>();
  return {
    stores: (host) => ({
      map<V>(name: string): MapStore<V> {
        checkStoreName(name);
        return new SqliteMap<V>(group, maps, host, name);
      },
      archive(name) {
        checkStoreName(name);
        const key = `${host} ${name}`;
        const archive = archives.get(key) ?? new SqliteArchive(group, journal, blocks, host, name);
        archives.set(key, archive);
        return archive;
      },
      committed: () => group.committed(),
    }),
    commit: () => group.flush(),
    async close() {
      group.flush();
      const folded = group.write(() => journal.foldAll());
      group.flush();
      // What could not be moved to blocks waits in the journal for the next start.
      await folded.catch(() => {});
      db.close();
    },
  };
}

function recover(db: Database, group: GroupCommit, journal: ArchiveJournal): void {
  try {
    group.read(() => journal.recover());
  } catch (error) {
    db.close();
    throw error;
  }
}

function openDatabase(file: string, durability: Durability): Database {
  let db: Database | undefined;
  try {
    db = new Sqlite(file, { timeout: BUSY_MS });
    db.pragma(`page_size = ${PAGE_BYTES}`);
    if (db.pragma('journal_mode = WAL', { simple: true }) !== 'wal') {
      throw new StorageError(`${file} cannot use a write-ahead log: keep it on a local disk`);
    }
    // https://www.sqlite.org/pragma.html#pragma_synchronous: with WAL, NORMAL hands a commit to the operating system,
    // which outlives the process; FULL flushes it to the disk.
    db.pragma(`synchronous = ${durability === 'full' ? 'FULL' : 'NORMAL'}`);
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`wal_autocheckpoint = ${Math.floor(CHECKPOINT_BYTES / pageBytes)}`);
    db.pragma(`cache_size = -${CACHE_KIB}`);
    migrate(db);
    return db;
  } catch (cause) {
    db?.close();
    throw sqliteError(file, cause);
  }
}
