/** Passwords kept such that the server can read them: what MD5-CHALLENGE needs, and nothing else should */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { MapStore, Stores } from '../storage/index.ts';
import type { Accounts, NewAccount, RecoverablePasswords } from './accounts.ts';
import { AccountsDelegate } from './accounts-delegate.ts';

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY = 'password';

export interface RecoverableParts {
  readonly stores: Stores;
  /** 32 bytes that are not in the storage. */
  readonly secret: Uint8Array;
  /** `off`: no password is kept from now on, and one that is there goes when it is changed. */
  readonly mode: 'off' | 'encrypted' | 'any';
}

/** Keeps the password of each account that is made, or gets a new one, from now on. */
export class RecoverableAccounts extends AccountsDelegate {
  declare readonly recoverable: RecoverablePasswords | undefined;
  /** Nonce, ciphertext and tag in base64. */
  readonly #store: MapStore<string>;
  readonly #secret: Uint8Array;
  readonly #isKept: boolean;

  constructor(inner: Accounts, { stores, secret, mode }: RecoverableParts) {
    super(inner);
    this.#store = stores.map<string>('recoverable-passwords');
    this.#secret = secret;
    this.#isKept = mode !== 'off';
    if (this.#isKept) {
      this.recoverable = {
        isAllowedInClear: mode === 'any',
        password: (username) => this.#password(username),
      };
    }
  }

  override async create(account: NewAccount): Promise<void> {
    await super.create(account);
    if (this.#isKept) await this.#keep(account.username, account.password);
  }

  override async setPassword(username: string, password: string): Promise<void> {
    await super.setPassword(username, password);
    await this.#keep(username, password);
  }

  override async delete(username: string): Promise<void> {
    // Both begin in one turn, so they are one commit.
    await Promise.all([super.delete(username), this.#store.purge(username)]);
  }

  async #keep(username: string, password: string): Promise<void> {
    const kept = this.#isKept ? this.#encrypt(username, password) : undefined;
    await this.#store.update(username, KEY, () => kept);
  }

  #password(username: string): Awaitable<string | undefined> {
    return whenDone(this.#store.get(username, KEY), (kept) => kept && this.#decrypt(username, kept));
  }

  /** Bound to the account, so that nobody who can write to the storage gives one the password of another. */
  #encrypt(username: string, password: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#secret, nonce).setAAD(Buffer.from(username));
    return Buffer.concat([nonce, cipher.update(password, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
      'base64',
    );
  }

  /** Undefined for what another key has encrypted. */
  #decrypt(username: string, kept: string): string | undefined {
    const bytes = Buffer.from(kept, 'base64');
    const end = bytes.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(CIPHER, this.#secret, bytes.subarray(0, NONCE_BYTES))
        .setAAD(Buffer.from(username))
        .setAuthTag(bytes.subarray(end));
      return decipher.update(bytes.subarray(NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
    } catch {
      return undefined;
    }
  }
}
