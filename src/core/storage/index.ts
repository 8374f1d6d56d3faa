export type { Awaitable } from '../awaitable.ts';
export type {
  ArchiveEntry,
  ArchiveExtent,
  ArchiveRange,
  ArchiveStore,
  Durability,
  MapStore,
  StorageDriver,
  Stores,
} from './contract.ts';
export { checkStoreName, checkTime, encodeValue, TRIM_ENTRIES } from './encoding.ts';
export { createMemoryStorage } from './memory.ts';
export { byCodePoint } from './order.ts';
export { type ArchiveKey, firstAfter, type Indexed, selectEntries } from './select-entries.ts';
export { StorageError } from './storage-error.ts';
