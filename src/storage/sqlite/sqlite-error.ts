import { StorageError } from '#core';

/** What SQLite says (https://www.sqlite.org/rescode.html), as what the operator can do about it. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ['SQLITE_NOTADB', 'is not a database: move it away, or restore it from a backup'],
  ['SQLITE_CORRUPT', 'is damaged: restore it from a backup, or salvage it with `sqlite3 FILE .recover`'],
  ['SQLITE_FULL', 'cannot grow: the disk is full'],
  ['SQLITE_BUSY', 'is in use by another program'],
  ['SQLITE_READONLY', 'cannot be written: check its permissions'],
  ['SQLITE_CANTOPEN', 'cannot be opened: check that its directory exists and can be written'],
]);

export function sqliteError(file: string, cause: unknown): StorageError {
  if (cause instanceof StorageError) return cause;
  const code = String((cause as { code?: unknown }).code);
  // Extended codes are the plain code and a suffix: SQLITE_CORRUPT_INDEX.
  const plain = code.split('_', 2).join('_');
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new StorageError(`${file} ${ADVICE.get(plain) ?? 'failed'} (${reason})`, { cause });
}
