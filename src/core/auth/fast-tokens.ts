/** XEP-0484: tokens that clients log in with instead of a password */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock/index.ts';
import type { MapStore, Stores } from '../storage/index.ts';

/** A mechanism proves that the client has the very text of the token by an HMAC, so no hash of it would do here. */
interface Token {
  readonly secret: string;
  /** §4.4: good for this one only. */
  readonly mechanism: string;
  /** Milliseconds since 1970. */
  readonly issued: number;
  readonly expires: number;
  /** The highest that was used. */
  readonly count?: number;
}

/** §6.1: a token is new until it is used; then those before it are void. */
interface Slots {
  readonly current?: Token | undefined;
  readonly next?: Token | undefined;
}

export interface TokenUse {
  readonly username: string;
  /** Id of the user agent. */
  readonly agent: string;
  readonly mechanism: string;
  /** Of the attempts with this token, by the client: to tell a replay (§4.4). */
  readonly count: number | undefined;
}

export interface FastTokenOptions {
  readonly lifetimeMs: number;
  /** Clients of one account that have tokens; the one that got its token longest ago loses it. Read at every issue. */
  readonly clients: () => number;
}

const SECRET_BYTES = 32;
const DAY_MS = 86_400_000;

/** Kept by account and user agent. */
export class FastTokens {
  readonly #store: MapStore<Slots>;
  readonly #clock: Clock;
  readonly #options: FastTokenOptions;
  #generation = 0;

  constructor(stores: Stores, clock: Clock, options: FastTokenOptions) {
    this.#store = stores.map<Slots>('fast-tokens');
    this.#clock = clock;
    this.#options = options;
  }

  /** To be taken before a login begins: what was proved before tokens ended is good for no new one. */
  get generation(): number {
    return this.#generation;
  }

  /** A new token, which leaves the one in use as it is; undefined when tokens ended since `generation`. */
  async issue(
    { username, agent, mechanism }: Omit<TokenUse, 'count'>,
    generation: number,
  ): Promise<{ secret: string; expires: number } | undefined> {
    if (generation !== this.#generation) return undefined;
    const issued = this.#clock.now();
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    const next: Token = { secret, mechanism, issued, expires: issued + this.#options.lifetimeMs };
    const saved = this.#store.update(username, agent, (present) => ({ current: present?.current, next }));
    await Promise.all([saved, this.#makeRoom(username, agent)]);
    return { secret, expires: next.expires };
  }

  /** The secret that `isProved` is true for, from now on the one in use. */
  async use(use: TokenUse, isProved: (secret: string) => boolean): Promise<{ secret: string } | 'expired' | undefined> {
    const { username, agent, mechanism, count } = use;
    const slots = await this.#store.get(username, agent);
    const found = [slots?.next, slots?.current].find(
      (token) => token?.mechanism === mechanism && isProved(token.secret),
    );
    if (found === undefined) return undefined;
    if (found.expires <= this.#clock.now()) return 'expired';
    if (count === undefined && found === slots?.current) return found;
    let isTaken = false;
    await this.#store.update(username, agent, (present) => {
      const token = [present?.next, present?.current].find((each) => each?.secret === found.secret);
      isTaken = token !== undefined && (count === undefined || count > (token.count ?? 0));
      if (token === undefined || !isTaken) return present;
      const next = token.secret === present?.current?.secret ? present.next : undefined;
      return { current: { ...token, count: count ?? token.count }, next } as Slots;
    });
    return isTaken ? found : undefined;
  }

  /** The mechanism of the token in use when it is old enough to be replaced (§4.5). */
  async due(username: string, agent: string): Promise<string | undefined> {
    const current = (await this.#store.get(username, agent))?.current;
    const age = Math.min(DAY_MS, this.#options.lifetimeMs / 2);
    return current !== undefined && this.#clock.now() - current.issued >= age ? current.mechanism : undefined;
  }

  /** §4.6 */
  async revoke(username: string, agent: string): Promise<void> {
    await this.#store.update(username, agent, () => undefined);
  }

  /** Ends all tokens of an account. */
  purge(username: string): Promise<void> {
    this.#generation++;
    return this.#store.purge(username);
  }

  async #makeRoom(username: string, agent: string): Promise<void> {
    const now = this.#clock.now();
    const others = [...(await this.#store.entries(username))].filter(([key]) => key !== agent);
    const byAge = others
      .map(([key, { current, next }]) => ({ key, token: next ?? current }))
      .sort((a, b) => (b.token?.issued ?? 0) - (a.token?.issued ?? 0));
    const tooMany = byAge.filter(({ token }, i) => i >= this.#options.clients() - 1 || (token?.expires ?? 0) <= now);
    await Promise.all(tooMany.map(({ key }) => this.revoke(username, key)));
  }
}
