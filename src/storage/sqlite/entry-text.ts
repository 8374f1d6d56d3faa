import type { ArchiveEntry, ArchiveKey } from '#core';

/**
 * Entries as two texts: their keys as JSON, and their data one after the other, which is neither escaped nor parsed, and
 * not read at all when no key is asked for.
 */
export interface EntryText {
  /** Four fields an entry: number, milliseconds since the entry before, correspondent, length of its data. */
  readonly keys: string;
  readonly data: string;
}

/** A key and where its data is, in UTF-16 code units. */
export interface PlacedKey extends ArchiveKey {
  readonly from: number;
  readonly to: number;
}

export function writeEntries(entries: readonly ArchiveEntry[]): EntryText {
  const fields: (number | string)[] = [];
  let time = 0;
  for (const { seq, at, with: other, data } of entries) {
    fields.push(seq, at - time, other, data.length);
    time = at;
  }
  return { keys: JSON.stringify(fields), data: entries.map(({ data }) => data).join('') };
}

export function readKeys(keys: string): PlacedKey[] {
  const fields = JSON.parse(keys);
  const placed: PlacedKey[] = [];
  let at = 0;
  let to = 0;
  for (let i = 0; i < fields.length; i += 4) {
    const from = to;
    to += fields[i + 3];
    at += fields[i + 1];
    placed.push({ seq: fields[i], at, with: fields[i + 2], from, to });
  }
  return placed;
}

/** The correspondents in keys, as often as they are there. */
export function readOthers(keys: string): string[] {
  return JSON.parse(keys).filter((_: unknown, i: number) => i % 4 === 2);
}

export function readEntry({ seq, at, with: other, from, to }: PlacedKey, data: string): ArchiveEntry {
  return { seq, at, with: other, data: data.slice(from, to) };
}
