/** What drivers share: how a value becomes text, and what they refuse before they touch anything. */
import { StorageError } from './storage-error.ts';

/** How many entries one call of `trim` deletes at most: a few milliseconds of work. */
export const TRIM_ENTRIES = 1024;

/** The text that is stored for a value. @throws {StorageError} when JSON has no form for it. */
export function encodeValue(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new StorageError('the value cannot be written as JSON', { cause });
  }
  if (text === undefined) throw new StorageError(`a ${typeof value} cannot be written as JSON`);
  return text;
}

/** @throws {StorageError} when the name is not `[a-z0-9-]+`. */
export function checkStoreName(name: string): void {
  if (!/^[a-z0-9-]+$/.test(name)) {
    throw new StorageError(`'${name}' cannot name a store: use lower-case letters, digits and '-'`);
  }
}

/** @throws {StorageError} when `at` is not whole milliseconds, which a database column would refuse or round. */
export function checkTime(at: number): void {
  if (!Number.isSafeInteger(at)) throw new StorageError(`an entry's time is in whole milliseconds, not ${at}`);
}
