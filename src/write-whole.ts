import { renameSync, writeFileSync } from 'node:fs';

/** Whole or not at all, also when the process dies meanwhile. */
export function writeWhole(file: string, text: string, mode: number): void {
  writeFileSync(`${file}.new`, text, { mode });
  renameSync(`${file}.new`, file);
}
