/** RFC 6120 §13.12: failed logins, counted so that passwords cannot be guessed by trying */
import type { Clock } from '../clock/index.ts';
import { hostOf, networkOf } from './address-network.ts';
import { SaslError } from './mechanism.ts';

export interface LoginLimits {
  /** Failures after which no more attempts are looked at. */
  readonly failures: number;
  readonly windowMs: number;
}

const CAPACITY = 100_000;

interface Count {
  failures: number;
  /** When the window of the first failure ends. */
  readonly until: number;
}

/**
 * Counts per address, and per account together with the network of the address. An account is never counted over all
 * networks: whoever knows its name could then lock out its owner. So a guesser has the limit once per network he owns,
 * and the owner elsewhere is not disturbed.
 *
 * One for all hosts and transports; `account` is a bare JID. Above `capacity` the counts that failed longest ago go.
 */
export class LoginLimiter {
  readonly #clock: Clock;
  readonly #limits: () => LoginLimits;
  readonly #capacity: number;
  readonly #counts = new Map<string, Count>();
  /** Of all addresses, since the server started. */
  readonly totals = { failed: 0, succeeded: 0 };

  /** @param limits read at every count, so that new ones apply at once */
  constructor(clock: Clock, limits: () => LoginLimits, capacity = CAPACITY) {
    this.#clock = clock;
    this.#limits = limits;
    this.#capacity = capacity;
  }

  /** @throws SaslError temporary-auth-failure when the address, or the account from there, has failed too often */
  check(address: string, account?: string): void {
    if (this.#isOver(addressKey(address)) || (account !== undefined && this.#isOver(accountKey(address, account)))) {
      throw new SaslError('temporary-auth-failure', 'too many failed logins, try again later');
    }
  }

  failed(address: string, account?: string): void {
    this.totals.failed++;
    this.#add(addressKey(address));
    if (account !== undefined) this.#add(accountKey(address, account));
  }

  /** Forgives the account only: else a guesser would log in as himself between his guesses. */
  succeeded(address: string, account: string): void {
    this.totals.succeeded++;
    this.#counts.delete(accountKey(address, account));
  }

  #isOver(key: string): boolean {
    const count = this.#counts.get(key);
    if (count === undefined) return false;
    if (count.until > this.#clock.now()) return count.failures >= this.#limits().failures;
    this.#counts.delete(key);
    return false;
  }

  #add(key: string): void {
    const now = this.#clock.now();
    const known = this.#counts.get(key);
    const count =
      known !== undefined && known.until > now ? known : { failures: 0, until: now + this.#limits().windowMs };
    count.failures += 1;
    // Deleted first, so that the map stays in the order of the last failures.
    this.#counts.delete(key);
    this.#counts.set(key, count);
    if (this.#counts.size <= this.#capacity) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      return;
    }
  }
}

function addressKey(address: string): string {
  return hostOf(address);
}

function accountKey(address: string, account: string): string {
  return `${account} ${networkOf(address)}`;
}
