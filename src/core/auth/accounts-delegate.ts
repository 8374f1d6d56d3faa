import type { Awaitable } from '../awaitable.ts';
import type {
  AccountInfo,
  Accounts,
  NewAccount,
  RecoverablePasswords,
  ScramHash,
  ScramKeys,
  ScramUpgrade,
} from './accounts.ts';

/** Accounts that leave everything to others: the base of those that change one thing. */
export class AccountsDelegate implements Accounts {
  /** Absent where the others have none, since its absence means that no SCRAM is offered. */
  scramKeys?: (username: string, hash: ScramHash) => Awaitable<ScramKeys | undefined>;
  /** Absent where the others have none, and so no OAUTHBEARER is. */
  verifyToken?: (token: string, address?: string) => Promise<string | undefined>;
  readonly scramUpgrade: ScramUpgrade | undefined;
  readonly recoverable: RecoverablePasswords | undefined;
  protected readonly inner: Accounts;

  constructor(inner: Accounts) {
    this.inner = inner;
    this.scramUpgrade = inner.scramUpgrade;
    this.recoverable = inner.recoverable;
    if (inner.scramKeys !== undefined) this.scramKeys = inner.scramKeys.bind(inner);
    if (inner.verifyToken !== undefined) this.verifyToken = inner.verifyToken.bind(inner);
  }

  exists(username: string): Awaitable<boolean> {
    return this.inner.exists(username);
  }

  verifyPassword(username: string, password: string, address?: string): Promise<boolean> {
    return this.inner.verifyPassword(username, password, address);
  }

  create(account: NewAccount): Promise<void> {
    return this.inner.create(account);
  }

  enter(username: string): Promise<boolean> {
    return this.inner.enter(username);
  }

  setPassword(username: string, password: string): Promise<void> {
    return this.inner.setPassword(username, password);
  }

  setDisabled(username: string, disabled: boolean): Promise<void> {
    return this.inner.setDisabled(username, disabled);
  }

  delete(username: string): Promise<void> {
    return this.inner.delete(username);
  }

  get(username: string): Awaitable<AccountInfo | undefined> {
    return this.inner.get(username);
  }

  list(after?: string, limit?: number): Awaitable<readonly AccountInfo[]> {
    return this.inner.list(after, limit);
  }
}
