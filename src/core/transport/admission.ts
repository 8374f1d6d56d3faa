/** How many connections each address has open, for the limit connections_per_address. */
export class Admission {
  readonly #limit: () => number;
  readonly #open = new Map<string, number>();

  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** False when the address has as many as it may; else `leave` is owed. */
  enter(address: string): boolean {
    const open = this.#open.get(address) ?? 0;
    if (open >= this.#limit()) return false;
    this.#open.set(address, open + 1);
    return true;
  }

  leave(address: string): void {
    const open = (this.#open.get(address) ?? 1) - 1;
    if (open <= 0) this.#open.delete(address);
    else this.#open.set(address, open);
  }
}
