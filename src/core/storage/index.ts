export type { Awaitable } from '../awaitable.ts';
export type {
  ArchiveEntry,
  ArchiveRange,
  ArchiveStore,
  Durability,
  MapStore,
  StorageDriver,
  Stores,
} from './contract.ts';
export { checkStoreName, checkTime, encodeValue } from './encoding.ts';
export { createMemoryStorage } from './memory.ts';
export { StorageError } from './storage-error.ts';
