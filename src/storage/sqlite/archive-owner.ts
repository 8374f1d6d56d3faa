/** What the process knows of one owner's archive. */
export class ArchiveOwner {
  /** Host, store and owner. */
  readonly names: readonly [string, string, string];
  /** Short for the names in all other tables; 0 before the first entry. */
  ref: number;
  /** Numbers below it are gone. */
  first: number;
  /** The last number given. */
  last: number;
  /** The last number in a block. */
  folded: number;
  /** Of all entries, as ArchiveExtent has it; undefined when it has to be counted. */
  size: number | undefined;
  /** The place of its newest entry among those that wait for a block; 0, or where nothing is any more, when none does. */
  newest = 0;

  constructor(names: readonly [string, string, string], ref = 0, first = 1, last = 0, folded = 0) {
    this.names = names;
    this.ref = ref;
    this.first = first;
    this.last = last;
    this.folded = folded;
  }
}

/** The owners of one store that were in use lately: at least KEPT of them, at most twice as many. */
export class OwnerCache {
  #young = new Map<string, ArchiveOwner>();
  #old: ReadonlyMap<string, ArchiveOwner> = new Map();

  get(name: string): ArchiveOwner | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.add(name, old);
    return old;
  }

  add(name: string, owner: ArchiveOwner): void {
    if (this.#young.size >= KEPT) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, owner);
  }
}

const KEPT = 16_384;
