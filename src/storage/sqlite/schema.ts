import type { Database } from 'better-sqlite3';
import { StorageError } from '#core';

/**
 * Steps from an empty file to the present schema; PRAGMA user_version counts those taken. A step that was released is
 * never edited: the next one is added.
 *
 * Of an archive (ADR 6): `archive_owner` outlives its entries; numbers below `first` are gone, and `last` is at least the
 * last number given when entries last went. `archive_journal` has what arrived and is in no block yet, a row for each
 * turn. `archive_block` has entries of one owner with consecutive numbers, none across a multiple of SPAN;
 * `archive_span` and `archive_with` have the times and correspondents of every SPAN numbers that are all in blocks.
 */
const STEPS: readonly string[] = [
  `CREATE TABLE map (
     host TEXT NOT NULL, store TEXT NOT NULL, owner TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (host, store, owner, key)
   ) WITHOUT ROWID, STRICT;
   CREATE TABLE archive_owner (
     ref INTEGER PRIMARY KEY, host TEXT NOT NULL, store TEXT NOT NULL, owner TEXT NOT NULL,
     first INTEGER NOT NULL, last INTEGER NOT NULL,
     UNIQUE (host, store, owner)
   ) STRICT;
   CREATE TABLE archive_journal (
     id INTEGER PRIMARY KEY, refs TEXT NOT NULL, keys TEXT NOT NULL, data TEXT NOT NULL
   ) STRICT;
   CREATE TABLE archive_block (
     id INTEGER PRIMARY KEY, ref INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
     earliest INTEGER NOT NULL, latest INTEGER NOT NULL, size INTEGER NOT NULL, keys TEXT NOT NULL, data TEXT NOT NULL
   ) STRICT;
   CREATE INDEX archive_block_order ON archive_block (ref, first, last, earliest, latest, size);
   CREATE TABLE archive_span (
     ref INTEGER NOT NULL, span INTEGER NOT NULL,
     earliest INTEGER NOT NULL, latest INTEGER NOT NULL, size INTEGER NOT NULL,
     PRIMARY KEY (ref, span)
   ) WITHOUT ROWID, STRICT;
   CREATE TABLE archive_with (
     ref INTEGER NOT NULL, span INTEGER NOT NULL, "with" TEXT NOT NULL,
     PRIMARY KEY (ref, span, "with")
   ) WITHOUT ROWID, STRICT;
   CREATE INDEX archive_with_span ON archive_with (ref, "with", span);`,
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
