/** XEP-0357 §5, §6: the push services that users have enabled */
import { type Awaitable, GenerationCache, type Jid, type MapStore, StanzaError, whenDone } from '#core';

export interface Registration {
  /** Of the push service. */
  readonly jid: string;
  /** '' for none. */
  readonly node: string;
  /** The form of publish options, as XML. */
  readonly options?: string;
  /** Of the session that enabled it last: while that is there, there is nobody to wake up. */
  readonly resource: string;
  /** Refusals of the service in a row. */
  readonly errors: number;
}

const CACHED_USERS = 20_000;

/** A user may name one service several times, with different nodes (§5). */
export function keyOf({ jid, node }: Pick<Registration, 'jid' | 'node'>): string {
  return JSON.stringify([jid, node]);
}

export class Registrations {
  readonly #store: MapStore<Registration>;
  readonly #max: number;
  /** Most users have none, and that must not cost a look into storage for each message. */
  readonly #cache = new GenerationCache<readonly Registration[]>(CACHED_USERS);

  constructor(store: MapStore<Registration>, max: number) {
    this.#store = store;
    this.#max = max;
  }

  of({ local }: Jid): Awaitable<readonly Registration[]> {
    return this.#cache.get(local) ?? this.#read(local);
  }

  get(local: string, key: string): Awaitable<Registration | undefined> {
    return this.#store.get(local, key);
  }

  /** @throws StanzaError resource-constraint for one service too many */
  async enable({ local }: Jid, registration: Registration): Promise<void> {
    const key = keyOf(registration);
    const present = await this.#store.entries(local);
    if (!present.has(key) && present.size >= this.#max) {
      throw new StanzaError('resource-constraint', `no more than ${this.#max} push services can be enabled`);
    }
    await this.#store.update(local, key, () => registration);
    await this.#read(local);
  }

  /** @param node undefined for all of the service */
  async disable({ local }: Jid, jid: string, node: string | undefined): Promise<void> {
    for (const [key, registration] of await this.#store.entries(local)) {
      if (registration.jid !== jid || (node !== undefined && registration.node !== node)) continue;
      await this.#store.update(local, key, () => undefined);
    }
    await this.#read(local);
  }

  async succeeded(local: string, key: string): Promise<void> {
    await this.#store.update(local, key, (present) => present && { ...present, errors: 0 });
  }

  /** Counts a refusal. Resolves with what is left: nothing when that was one too many. */
  async failed(local: string, key: string, maxErrors: number): Promise<Registration | undefined> {
    const left = await this.#store.update(local, key, (present) =>
      present === undefined || present.errors + 1 >= maxErrors ? undefined : { ...present, errors: present.errors + 1 },
    );
    if (left === undefined) await this.#read(local);
    return left;
  }

  async purge({ local }: Jid): Promise<void> {
    await this.#store.purge(local);
    await this.#read(local);
  }

  #read(local: string): Awaitable<readonly Registration[]> {
    return whenDone(this.#store.entries(local), (entries) => {
      const registrations = [...entries.values()];
      this.#cache.set(local, registrations);
      return registrations;
    });
  }
}
