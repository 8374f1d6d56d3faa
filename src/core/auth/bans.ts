/** Accounts that may not log in until a time */
import type { Clock } from '../clock/index.ts';
import type { MapStore, Stores } from '../storage/index.ts';
import { SaslError } from './mechanism.ts';

export interface Ban {
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason?: string | undefined;
}

const KEY = 'ban';

export class Bans {
  readonly #store: MapStore<Ban>;
  readonly #clock: Clock;
  /** Those of this process: a login that was let in before the ban is bound after it. */
  readonly #recent = new Map<string, Ban>();

  constructor(stores: Stores, clock: Clock) {
    this.#store = stores.map('bans');
    this.#clock = clock;
  }

  /**
   * To be called when a login has proved who it is: nobody else learns of a ban.
   * @throws SaslError account-disabled, with the time and the reason
   */
  async check(username: string): Promise<void> {
    const ban = await this.#store.get(username, KEY);
    if (ban !== undefined && this.#holds(ban)) throw new SaslError('account-disabled', banText(ban));
  }

  /** As far as it was said in the life of this process. */
  recent(username: string): Ban | undefined {
    const ban = this.#recent.get(username);
    if (ban === undefined || this.#holds(ban)) return ban;
    this.#recent.delete(username);
    return undefined;
  }

  async set(username: string, ban: Ban): Promise<void> {
    this.#recent.set(username, ban);
    await this.#store.update(username, KEY, () => ban);
  }

  /** False when there was none. */
  async lift(username: string): Promise<boolean> {
    this.#recent.delete(username);
    let held = false;
    await this.#store.update(username, KEY, (present) => {
      held = present !== undefined && this.#holds(present);
      return undefined;
    });
    return held;
  }

  #holds({ until }: Ban): boolean {
    return until > this.#clock.now();
  }
}

export function banText({ until, reason }: Ban): string {
  return `banned until ${new Date(until).toISOString()}${reason === undefined ? '' : `: ${reason}`}`;
}
