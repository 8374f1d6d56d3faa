import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sqliteError } from './sqlite-error.ts';

/** Another process holds the data directory. */
export class DataLockedError extends Error {
  override readonly name = 'DataLockedError';
}

/** Keeps the handles alive: one that is collected as garbage closes, and the lock would be gone while the server runs. */
const held = new Set<Sqlite.Database>();

/**
 * Makes this process the only server on a data directory, by an exclusive transaction on `lock.sqlite` in it. The
 * operating system ends it with the process however that dies, so no lock is ever stale; a file with a process id may be.
 * @throws {DataLockedError} when another server has it.
 * @throws {StorageError} when the lock file cannot be made.
 */
export function lockData(dir: string): { release(): void } {
  const file = join(dir, 'lock.sqlite');
  let db: Sqlite.Database | undefined;
  try {
    db = new Sqlite(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    return hold(db);
  } catch (cause) {
    db?.close();
    if (cause instanceof Sqlite.SqliteError && cause.code === 'SQLITE_BUSY') {
      throw new DataLockedError(`another server is running on ${dir}: stop it first, or use another data directory`, {
        cause,
      });
    }
    throw sqliteError(file, cause);
  }
}

function hold(db: Sqlite.Database): { release(): void } {
  held.add(db);
  return {
    release() {
      held.delete(db);
      db.close();
    },
  };
}
