/** What modules offer to parts of the server that may not import them, such as transports */

/** Names an API, and knows its type: who offers it and who uses it import this, and not each other. */
export interface Contract<Api> {
  readonly name: string;
  /** For the type only. */
  readonly api?: Api;
}

export class ContractTable {
  readonly #offered = new Map<Contract<unknown>, unknown>();

  /** Returns what takes the offer back. @throws Error when it is there already */
  offer<Api>(contract: Contract<Api>, api: Api): () => void {
    if (this.#offered.has(contract)) throw new Error(`${contract.name} is offered already`);
    this.#offered.set(contract, api);
    return () => void this.#offered.delete(contract);
  }

  find<Api>(contract: Contract<Api>): Api | undefined {
    return this.#offered.get(contract) as Api | undefined;
  }
}
