/** Connections by a number, such as that of their user or of their room */
export class Numbered<Connection> {
  readonly #sets = new Map<bigint, Set<Connection>>();

  add(number: bigint, connection: Connection): void {
    const set = this.#sets.get(number);
    if (set === undefined) this.#sets.set(number, new Set([connection]));
    else set.add(connection);
  }

  remove(number: bigint, connection: Connection): void {
    const set = this.#sets.get(number);
    if (set?.delete(connection) && set.size === 0) this.#sets.delete(number);
  }

  /** Those there are now. */
  of(number: bigint): readonly Connection[] {
    return [...(this.#sets.get(number) ?? [])];
  }

  *[Symbol.iterator](): IterableIterator<readonly [number: bigint, connections: ReadonlySet<Connection>]> {
    yield* this.#sets;
  }
}
