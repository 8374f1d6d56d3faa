/** XEP-0484: what a virtual host needs for logins by token */
import type { Clock } from '../clock/index.ts';
import type { Stores } from '../storage/index.ts';
import type { Accounts } from './accounts.ts';
import { AccountsDelegate } from './accounts-delegate.ts';
import { afterLogin } from './after-login.ts';
import { type FastTokenOptions, FastTokens } from './fast-tokens.ts';
import { createHashedTokens } from './hashed-token.ts';
import { limitMechanism } from './limited-mechanism.ts';
import type { LoginLimiter } from './login-limiter.ts';
import type { Mechanism } from './mechanism.ts';

export interface Fast {
  readonly tokens: FastTokens;
  /** The strongest first, each under the limit of failed logins. They are no others than these: §4.1 lists them apart. */
  readonly mechanisms: readonly Mechanism[];
}

export interface FastOptions extends FastTokenOptions {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly limiter: LoginLimiter;
  /** As in MechanismOptions. */
  readonly loggedIn?: ((username: string) => Promise<void>) | undefined;
  readonly isAllowedWithoutTls: boolean;
}

export function createFast(options: FastOptions): Fast {
  const { stores, clock, limiter, loggedIn, isAllowedWithoutTls, lifetimeMs, clients } = options;
  const tokens = new FastTokens(stores, clock, { lifetimeMs, clients });
  const mechanisms = createHashedTokens({ tokens, isAllowedWithoutTls });
  return {
    tokens,
    mechanisms: mechanisms.map((mechanism) =>
      limitMechanism(loggedIn === undefined ? mechanism : afterLogin(mechanism, loggedIn), limiter),
    ),
  };
}

/** Accounts whose tokens end with what they were given for: the password, or the account itself. */
export class TokenAccounts extends AccountsDelegate {
  readonly #tokens: FastTokens;

  constructor(inner: Accounts, tokens: FastTokens) {
    super(inner);
    this.#tokens = tokens;
  }

  override async setPassword(username: string, password: string): Promise<void> {
    await super.setPassword(username, password);
    await this.#tokens.purge(username);
  }

  override async setDisabled(username: string, disabled: boolean): Promise<void> {
    await super.setDisabled(username, disabled);
    if (disabled) await this.#tokens.purge(username);
  }

  override async delete(username: string): Promise<void> {
    // Both begin in one turn, so they are one commit.
    await Promise.all([super.delete(username), this.#tokens.purge(username)]);
  }
}
