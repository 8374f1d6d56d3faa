/** Puts the limit of failed logins around a mechanism, which knows nothing of it */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { AccountInfo, Accounts } from './accounts.ts';
import { AccountsDelegate } from './accounts-delegate.ts';
import type { LoginLimiter } from './login-limiter.ts';
import { type AuthContext, type Mechanism, SaslError, type SaslExchange, type SaslStep } from './mechanism.ts';

export function limitMechanism(mechanism: Mechanism, limiter: LoginLimiter): Mechanism {
  return {
    name: mechanism.name,
    strength: mechanism.strength,
    isOffered: (context) => mechanism.isOffered(context),
    start: (context) => new LimitedExchange(mechanism, limiter, context),
  };
}

/**
 * Whose account is tried shows when the mechanism asks for it. The limit is checked then, before any hashing, and once
 * more with the outcome: of attempts that ran at the same time, only as many as the limit allows learn theirs.
 */
class LimitedExchange implements SaslExchange {
  readonly #exchange: SaslExchange;
  readonly #limiter: LoginLimiter;
  readonly #address: string;
  #account: string | undefined;
  /** A token was refused, which is counted before the client acknowledges it (RFC 7628 §3.2.3): it might not. */
  #isCounted = false;

  constructor(mechanism: Mechanism, limiter: LoginLimiter, context: AuthContext) {
    this.#limiter = limiter;
    this.#address = context.address;
    const seen = (username: string): void => {
      this.#account = `${username}@${context.domain}`;
      this.#check();
    };
    const accounts = new WatchedAccounts(context.accounts, seen, () => {
      this.#isCounted = true;
      limiter.failed(context.address);
    });
    this.#exchange = mechanism.start({
      accounts,
      domain: context.domain,
      address: context.address,
      secure: context.secure,
      channelBindings: context.channelBindings,
      channelBinding: (type) => context.channelBinding(type),
      certificateJids: context.certificateJids,
      mechanisms: context.mechanisms,
      token: context.token,
    });
  }

  step(response: Uint8Array | undefined): Awaitable<SaslStep> {
    this.#check();
    try {
      const step = this.#exchange.step(response);
      return isPromise(step)
        ? step.then(
            (taken) => this.#taken(taken),
            (error) => this.#refused(error),
          )
        : this.#taken(step);
    } catch (error) {
      return this.#refused(error);
    }
  }

  #check(): void {
    this.#limiter.check(this.#address, this.#account);
  }

  #taken(step: SaslStep): SaslStep {
    if ('challenge' in step) return step;
    this.#check();
    if (this.#account !== undefined) this.#limiter.succeeded(this.#address, this.#account);
    return step;
  }

  #refused(error: unknown): never {
    if (error instanceof SaslError && error.condition === 'not-authorized') {
      this.#check();
      if (!this.#isCounted) this.#limiter.failed(this.#address, this.#account);
    }
    throw error;
  }
}

/** Tells which account a mechanism is about to look at. */
class WatchedAccounts extends AccountsDelegate {
  readonly #seen: (username: string) => void;

  constructor(inner: Accounts, seen: (username: string) => void, tokenRefused: () => void) {
    super(inner);
    this.#seen = seen;
    const scramKeys = this.scramKeys;
    if (scramKeys !== undefined) {
      this.scramKeys = (username, hash) => {
        seen(username);
        return scramKeys(username, hash);
      };
    }
    const verifyToken = this.verifyToken;
    if (verifyToken !== undefined) {
      this.verifyToken = async (token, address) => {
        const username = await verifyToken(token, address);
        if (username === undefined) tokenRefused();
        else seen(username);
        return username;
      };
    }
  }

  override exists(username: string): Awaitable<boolean> {
    this.#seen(username);
    return super.exists(username);
  }

  override async verifyPassword(username: string, password: string, address?: string): Promise<boolean> {
    this.#seen(username);
    return super.verifyPassword(username, password, address);
  }

  override get(username: string): Awaitable<AccountInfo | undefined> {
    this.#seen(username);
    return super.get(username);
  }
}
