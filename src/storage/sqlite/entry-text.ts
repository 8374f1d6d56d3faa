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

/** An entry in memory. */
export interface HeldEntry extends ArchiveEntry {
  data: string;
}

/** A key and where its data is, in UTF-16 code units. */
export interface PlacedKey extends ArchiveKey {
  readonly from: number;
  readonly to: number;
}

/** In place of a length: the data of the entry before. A message to both its sides' archives is written once. */
const REPEATED = -1;

export function writeEntries(entries: readonly ArchiveEntry[]): EntryText {
  const fields: (number | string)[] = [];
  const texts: string[] = [];
  let time = 0;
  let text: string | undefined;
  for (const { seq, at, with: other, data } of entries) {
    if (data === text) fields.push(seq, at - time, other, REPEATED);
    else {
      fields.push(seq, at - time, other, data.length);
      texts.push(data);
      text = data;
    }
    time = at;
  }
  return { keys: JSON.stringify(fields), data: texts.join('') };
}

/**
 * Makes the data of entries a part of the text they were written to, so that what their strings were made of, pieces of
 * a stanza or of a packet, need not stay in memory with them.
 */
export function cutFromText(entries: readonly HeldEntry[], { data: whole }: EntryText): void {
  let text: string | undefined;
  let from = 0;
  let to = 0;
  for (const entry of entries) {
    if (entry.data !== text) {
      text = entry.data;
      from = to;
      to += text.length;
    }
    entry.data = whole.slice(from, to);
  }
}

export function readKeys(keys: string): PlacedKey[] {
  const fields = JSON.parse(keys);
  const placed: PlacedKey[] = [];
  let at = 0;
  let from = 0;
  let to = 0;
  for (let i = 0; i < fields.length; i += 4) {
    const length: number = fields[i + 3];
    if (length !== REPEATED) {
      from = to;
      to += length;
    }
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
