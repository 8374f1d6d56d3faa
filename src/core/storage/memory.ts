import type { ArchiveStore, MapStore, StorageDriver, Stores } from './contract.ts';
import { checkStoreName } from './encoding.ts';
import { MemoryArchive } from './memory-archive.ts';
import { MemoryMap } from './memory-map.ts';

/** Storage that ends with the process: for tests and for servers that shall remember nothing. Reads answer at once. */
export function createMemoryStorage(): StorageDriver {
  const hosts = new Map<string, Stores>();
  return {
    stores(host) {
      const stores = hosts.get(host) ?? memoryStores();
      hosts.set(host, stores);
      return stores;
    },
    commit() {},
    async close() {
      hosts.clear();
    },
  };
}

function memoryStores(): Stores {
  const maps = new Map<string, unknown>();
  const archives = new Map<string, ArchiveStore>();
  return {
    map<V>(name: string) {
      checkStoreName(name);
      // The value type is the caller's claim about its own data, with every driver alike.
      const store = (maps.get(name) ?? new MemoryMap<V>()) as MapStore<V>;
      maps.set(name, store);
      return store;
    },
    archive(name) {
      checkStoreName(name);
      const store = archives.get(name) ?? new MemoryArchive();
      archives.set(name, store);
      return store;
    },
    committed() {},
  };
}
