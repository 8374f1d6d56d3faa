import type { MapStore } from './contract.ts';
import { encodeValue } from './encoding.ts';
import { byCodePoint } from './order.ts';

/** Keeps the JSON text, as a database would: values are isolated, and what JSON drops is missed in tests already. */
export class MemoryMap<V> implements MapStore<V> {
  /** A text is that of the usual key, and the owner has no other. A Map would take many times the memory, and most stores have one key. */
  readonly #owners = new Map<string, string | Map<string, string>>();
  /** The first that was set in this store. */
  #usual: string | undefined;
  /** The latest text: what many owners are given at once is often the same. */
  #latest = '';

  get(owner: string, key: string): V | undefined {
    const kept = this.#owners.get(owner);
    const text = kept instanceof Map ? kept.get(key) : key === this.#usual ? kept : undefined;
    return text === undefined ? undefined : JSON.parse(text);
  }

  entries(owner: string): ReadonlyMap<string, V> {
    const texts = [...this.#texts(owner)].sort(([a], [b]) => byCodePoint(a, b));
    return new Map(texts.map(([key, text]) => [key, JSON.parse(text)]));
  }

  async update(owner: string, key: string, change: (present: V | undefined) => V | undefined): Promise<V | undefined> {
    const next = change(this.get(owner, key));
    if (next === undefined) this.#delete(owner, key);
    else this.#set(owner, key, encodeValue(next));
    return next;
  }

  async purge(owner: string): Promise<void> {
    this.#owners.delete(owner);
  }

  owners(after?: string, limit = Number.POSITIVE_INFINITY): readonly string[] {
    const all = [...this.#owners.keys()].sort(byCodePoint);
    const from = after === undefined ? all : all.filter((owner) => byCodePoint(owner, after) > 0);
    return from.slice(0, limit);
  }

  #set(owner: string, key: string, text: string): void {
    if (text !== this.#latest) this.#latest = text;
    this.#usual ??= key;
    const kept = this.#owners.get(owner);
    if (kept instanceof Map) kept.set(key, this.#latest);
    else if (key === this.#usual) this.#owners.set(owner, this.#latest);
    else this.#owners.set(owner, new Map(this.#texts(owner)).set(key, this.#latest));
  }

  #delete(owner: string, key: string): void {
    const kept = this.#owners.get(owner);
    const isLast = kept instanceof Map ? kept.delete(key) && kept.size === 0 : key === this.#usual;
    if (isLast) this.#owners.delete(owner);
  }

  #texts(owner: string): Iterable<readonly [string, string]> {
    const kept = this.#owners.get(owner);
    if (kept === undefined) return [];
    return kept instanceof Map ? kept : [[this.#usual ?? '', kept]];
  }
}
