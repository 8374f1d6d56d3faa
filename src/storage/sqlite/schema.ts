import type { Database } from 'better-sqlite3';
import { StorageError } from '#core';

/**
 * Steps from an empty file to the present schema; PRAGMA user_version counts those taken. A step that was released is
 * never edited: the next one is added.
 *
 * `archive_owner` outlives its entries; it keeps the last number given and the size of their data. `archive_span` holds the earliest and the latest
 * time of each run of 256 numbers, so that a query by time skips what cannot match though times need not ascend.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE map (
     host TEXT NOT NULL, store TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (host, store, owner, key)
   ) WITHOUT ROWID, STRICT;
   CREATE TABLE archive_owner (
     ref INTEGER PRIMARY KEY, host TEXT NOT NULL, store TEXT NOT NULL, owner TEXT NOT NULL, last INTEGER NOT NULL,
     size INTEGER NOT NULL,
     UNIQUE (host, store, owner)
   ) STRICT;
   CREATE TABLE archive_entry (
     ref INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, "with" TEXT NOT NULL, data TEXT NOT NULL,
     PRIMARY KEY (ref, seq)
   ) WITHOUT ROWID, STRICT;
   CREATE INDEX archive_entry_with ON archive_entry (ref, "with", seq);
   CREATE TABLE archive_span (
     ref INTEGER NOT NULL, span INTEGER NOT NULL, earliest INTEGER NOT NULL, latest INTEGER NOT NULL,
     PRIMARY KEY (ref, span)
   ) WITHOUT ROWID, STRICT;`,
];

/** @throws {StorageError} when a newer Tharsis wrote the file. */
export function migrate(db: Database): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > STEPS.length) {
    throw new StorageError(
      `${db.name} was written by a newer version of Tharsis (schema ${version}, this one knows ${STEPS.length}): ` +
        'start that version again, or restore a backup made before the upgrade',
    );
  }
  if (version === STEPS.length) return;
  db.transaction(() => {
    for (const step of STEPS.slice(version)) db.exec(step);
    db.pragma(`user_version = ${STEPS.length}`);
  }).exclusive();
}
