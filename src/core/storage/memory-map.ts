import type { MapStore } from './contract.ts';
import { encodeValue } from './encoding.ts';
import { byCodePoint } from './order.ts';

/** Keeps the JSON text, as a database would: values are isolated, and what JSON drops is missed in tests already. */
export class MemoryMap<V> implements MapStore<V> {
  readonly #owners = new Map<string, Map<string, string>>();

  get(owner: string, key: string): V | undefined {
    const text = this.#owners.get(owner)?.get(key);
    return text === undefined ? undefined : JSON.parse(text);
  }

  entries(owner: string): ReadonlyMap<string, V> {
    const texts = [...(this.#owners.get(owner) ?? [])].sort(([a], [b]) => byCodePoint(a, b));
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
    const keys = this.#owners.get(owner);
    if (keys === undefined) this.#owners.set(owner, new Map([[key, text]]));
    else keys.set(key, text);
  }

  #delete(owner: string, key: string): void {
    const keys = this.#owners.get(owner);
    if (keys?.delete(key) && keys.size === 0) this.#owners.delete(owner);
  }
}
