import type { MapStore } from './contract.ts';
import { encodeValue } from './encoding.ts';
import { byCodePoint } from './order.ts';

/** What an owner has who has one key, as owners of most stores do: a Map would take four times the memory. */
interface Only {
  readonly key: string;
  readonly text: string;
}

/** Keeps the JSON text, as a database would: values are isolated, and what JSON drops is missed in tests already. */
export class MemoryMap<V> implements MapStore<V> {
  readonly #owners = new Map<string, Only | Map<string, string>>();

  get(owner: string, key: string): V | undefined {
    const kept = this.#owners.get(owner);
    const text = kept instanceof Map ? kept.get(key) : kept?.key === key ? kept.text : undefined;
    return text === undefined ? undefined : JSON.parse(text);
  }

  entries(owner: string): ReadonlyMap<string, V> {
    const texts = [...textsOf(this.#owners.get(owner))].sort(([a], [b]) => byCodePoint(a, b));
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
    const kept = this.#owners.get(owner);
    if (kept instanceof Map) kept.set(key, text);
    else if (kept === undefined || kept.key === key) this.#owners.set(owner, { key, text });
    else this.#owners.set(owner, new Map(textsOf(kept)).set(key, text));
  }

  #delete(owner: string, key: string): void {
    const kept = this.#owners.get(owner);
    const isLast = kept instanceof Map ? kept.delete(key) && kept.size === 0 : kept?.key === key;
    if (isLast) this.#owners.delete(owner);
  }
}

function textsOf(kept: Only | Map<string, string> | undefined): Iterable<readonly [string, string]> {
  if (kept === undefined) return [];
  return kept instanceof Map ? kept : [[kept.key, kept.text]];
}
