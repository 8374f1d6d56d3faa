/** Undefined: it is not there. */
export type Value = string | undefined;

interface Entry {
  acknowledged: Value;
  begun: { readonly value: Value } | undefined;
}

/** What clients know of the things they changed: what was acknowledged, and what may have happened besides. */
export class Ledger {
  readonly #entries = new Map<string, Entry>();
  #acknowledged = 0;
  #onAcknowledged = () => {};

  /** How many changes were acknowledged. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves when so many more are acknowledged. */
  more(count: number): Promise<void> {
    const target = this.#acknowledged + count;
    return new Promise((resolve) => {
      this.#onAcknowledged = () => {
        if (this.#acknowledged === target) resolve();
      };
    });
  }

  /** Keys are names of accounts, and `account/contact` for the items of their rosters. */
  keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  value(key: string): Value {
    return this.#entries.get(key)?.acknowledged;
  }

  /** A change was sent. The one before it is settled: what is found later tells which of the two took place. */
  begin(key: string, value: Value): void {
    const { acknowledged, begun } = this.#entries.get(key) ?? { acknowledged: undefined, begun: undefined };
    if (begun !== undefined) throw new Error(`two changes of ${key} at once`);
    this.#entries.set(key, { acknowledged, begun: { value } });
  }

  acknowledge(key: string): void {
    const entry = this.#entries.get(key);
    if (entry?.begun === undefined) throw new Error(`no change of ${key} was begun`);
    this.found(key, entry.begun.value);
    this.#acknowledged++;
    this.#onAcknowledged();
  }

  /** What may be found, the likelier first. */
  possible(key: string): readonly Value[] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [undefined];
    return entry.begun === undefined ? [entry.acknowledged] : [entry.begun.value, entry.acknowledged];
  }

  /** From now on nothing else than this may be found. */
  found(key: string, value: Value): void {
    this.#entries.set(key, { acknowledged: value, begun: undefined });
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }
}
