/** Accounts in the host's own storage */
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import { JidError, preparePassword } from '../jid/index.ts';
import { StanzaError } from '../stanza/index.ts';
import type { MapStore, Stores } from '../storage/index.ts';
import type {
  AccountInfo,
  Accounts,
  CredentialKind,
  NewAccount,
  ScramHash,
  ScramKeys,
  ScramUpgrade,
} from './accounts.ts';
import type { Credentials, PasswordHasher } from './password-hasher.ts';

interface StoredAccount {
  readonly created: number;
  readonly disabled: boolean;
  /** Absent when the credentials are kept elsewhere. */
  readonly credentials?: Credentials;
}

export interface StoredAccountsParts {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly hasher: PasswordHasher;
  /** Of accounts that are made without a wish. */
  readonly credentials: CredentialKind;
}

export function createStoredAccounts(parts: StoredAccountsParts): Accounts {
  return new StoredAccounts(parts);
}

const KEY = 'account';
const HASHES: readonly ScramHash[] = ['SHA-1', 'SHA-256', 'SHA-512'];

class StoredAccounts implements Accounts {
  readonly #store: MapStore<StoredAccount>;
  readonly #clock: Clock;
  readonly #hasher: PasswordHasher;
  readonly #kind: CredentialKind;
  readonly #decoy: Credentials;

  constructor({ stores, clock, hasher, credentials }: StoredAccountsParts) {
    this.#store = stores.map<StoredAccount>('accounts');
    this.#clock = clock;
    this.#hasher = hasher;
    this.#kind = credentials;
    this.#decoy = hasher.decoy(credentials);
  }

  exists(username: string): Awaitable<boolean> {
    return whenDone(this.#store.get(username, KEY), (account) => account !== undefined);
  }

  async verifyPassword(username: string, password: string): Promise<boolean> {
    const account = await this.#store.get(username, KEY);
    // One path for all: what is known of the account decides only after the work is done.
    const isMatch = await this.#hasher.matches(password, account?.credentials ?? this.#decoy);
    return isMatch && account !== undefined && !account.disabled;
  }

  scramKeys(username: string, hash: ScramHash): Awaitable<ScramKeys | undefined> {
    return whenDone(this.#store.get(username, KEY), (account) =>
      account !== undefined && !account.disabled && account.credentials?.kind === 'scram'
        ? account.credentials.keys[hash]
        : undefined,
    );
  }

  get scramUpgrade(): ScramUpgrade {
    const hasher = this.#hasher;
    return {
      iterations: hasher.iterations,
      missing: (username) =>
        whenDone(this.#store.get(username, KEY), (account) => {
          const { credentials } = account ?? {};
          return credentials?.kind === 'scram' ? HASHES.filter((hash) => credentials.keys[hash] === undefined) : [];
        }),
      add: (username, hash, salted, salt) =>
        this.#change(username, (present) => {
          const { credentials } = present;
          if (credentials?.kind !== 'scram' || credentials.keys[hash] !== undefined) return present;
          const keys = { ...credentials.keys, [hash]: hasher.keysFrom(hash, salted, salt) };
          return { ...present, credentials: { ...credentials, keys } };
        }),
    };
  }

  async create({ username, password, kind }: NewAccount): Promise<void> {
    const usable = usablePassword(password);
    if (await this.exists(username)) throw alreadyThere();
    const credentials = await this.#hasher.create(kind ?? this.#kind, usable);
    await this.#store.update(username, KEY, (present) => {
      if (present !== undefined) throw alreadyThere();
      return { created: this.#clock.now(), disabled: false, credentials };
    });
  }

  async enter(username: string): Promise<boolean> {
    if (await this.exists(username)) return false;
    let isNew = false;
    await this.#store.update(username, KEY, (present) => {
      isNew = present === undefined;
      return present ?? { created: this.#clock.now(), disabled: false };
    });
    return isNew;
  }

  /** The account keeps its kind of credentials. */
  async setPassword(username: string, password: string): Promise<void> {
    const usable = usablePassword(password);
    const account = await this.#store.get(username, KEY);
    if (account === undefined) throw notThere();
    const credentials = await this.#hasher.create(account.credentials?.kind ?? this.#kind, usable);
    await this.#change(username, (present) => ({ ...present, credentials }));
  }

  setDisabled(username: string, disabled: boolean): Promise<void> {
    return this.#change(username, (present) => ({ ...present, disabled }));
  }

  delete(username: string): Promise<void> {
    return this.#change(username, () => undefined);
  }

  get(username: string): Awaitable<AccountInfo | undefined> {
    return whenDone(this.#store.get(username, KEY), (account) =>
      account === undefined ? undefined : { username, disabled: account.disabled, created: account.created },
    );
  }

  async list(after?: string, limit?: number): Promise<readonly AccountInfo[]> {
    const usernames = await this.#store.owners(after, limit);
    const accounts = await Promise.all(usernames.map((username) => this.get(username)));
    return accounts.filter((account) => account !== undefined);
  }

  async #change(username: string, change: (present: StoredAccount) => StoredAccount | undefined): Promise<void> {
    await this.#store.update(username, KEY, (present) => {
      if (present === undefined) throw notThere();
      return change(present);
    });
  }
}

function usablePassword(password: string): string {
  try {
    return preparePassword(password);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('not-acceptable', cause.message, { cause });
    throw cause;
  }
}

function alreadyThere(): StanzaError {
  return new StanzaError('conflict', 'the account exists already');
}

function notThere(): StanzaError {
  return new StanzaError('item-not-found', 'there is no such account');
}
