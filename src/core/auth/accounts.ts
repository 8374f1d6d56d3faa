/** Who may log in to a virtual host. The contract; core/auth brings the one kept in storage, plugins may bring others. */
import type { Awaitable } from '../awaitable.ts';

/** How a password is kept: SCRAM keys for every mechanism (also good for PLAIN), or an argon2id hash (PLAIN only). */
export type CredentialKind = 'scram' | 'argon2';

/** RFC 5802 §3; binary values in base64. */
export interface ScramKeys {
  readonly salt: string;
  readonly iterations: number;
  readonly storedKey: string;
  readonly serverKey: string;
}

export type ScramHash = 'SHA-1' | 'SHA-256' | 'SHA-512';

/** XEP-0480: keys for a hash that an account lacks, made by the client from its password. */
export interface ScramUpgrade {
  /** Of PBKDF2, for new keys. */
  readonly iterations: number;
  /** Hashes the account has no keys for; none when it has no keys at all. */
  missing(username: string): Awaitable<readonly ScramHash[]>;
  /** Keeps the keys that follow from SaltedPassword (RFC 5802 §3), unless there are keys for that hash by now. */
  add(username: string, hash: ScramHash, saltedPassword: Uint8Array, salt: Uint8Array): Promise<void>;
}

/** Passwords that can be read again, for mechanisms of old that need them. */
export interface RecoverablePasswords {
  /** Whether such a mechanism may be used on links without encryption. */
  readonly isAllowedInClear: boolean;
  /** Undefined for an account whose password was set while none were kept, or that is not there. */
  password(username: string): Awaitable<string | undefined>;
}

export interface AccountInfo {
  readonly username: string;
  readonly disabled: boolean;
  /** Milliseconds since 1970. */
  readonly created: number;
}

/** Where the credentials of a host live. `username` is always a prepared localpart (RFC 7622 §3.3). */
export interface AuthProvider {
  /** Absent where nobody can say: then the accounts are those that have logged in. @throws SaslError */
  exists?(username: string): Awaitable<boolean>;
  /**
   * Checks a password as PLAIN gives it, prepared by OpaqueString (RFC 8265 §4). False for wrong, unknown and disabled
   * alike, in the same time.
   *
   * @param address IP address of the client, where there is one
   * @throws SaslError temporary-auth-failure when it cannot be told now, credentials-expired
   */
  verifyPassword(username: string, password: string, address?: string): Promise<boolean>;
  /**
   * The account a bearer token is for (RFC 6750), undefined for a token that does not hold. Absent: no OAUTHBEARER is
   * offered. @throws SaslError as verifyPassword
   */
  verifyToken?(token: string, address?: string): Promise<string | undefined>;
  /** The keys SCRAM needs; undefined when the account has none for that hash or is disabled. Absent: no SCRAM is offered. */
  scramKeys?(username: string, hash: ScramHash): Awaitable<ScramKeys | undefined>;
}

export interface NewAccount {
  readonly username: string;
  readonly password: string;
  readonly kind?: CredentialKind;
}

/**
 * The accounts of one virtual host: the provider plus what an administrator or XEP-0077 does. Refusals are StanzaErrors:
 * conflict (exists), item-not-found (does not), not-acceptable (empty or unusable password), not-allowed (the provider
 * cannot be written to).
 */
export interface Accounts extends AuthProvider {
  exists(username: string): Awaitable<boolean>;
  /** Absent where none are kept, as is best. */
  readonly recoverable?: RecoverablePasswords | undefined;
  /** Absent where keys cannot be added. */
  readonly scramUpgrade?: ScramUpgrade | undefined;
  create(account: NewAccount): Promise<void>;
  /** Makes an account without a password, unless there is an account. True when it was made. */
  enter(username: string): Promise<boolean>;
  setPassword(username: string, password: string): Promise<void>;
  setDisabled(username: string, disabled: boolean): Promise<void>;
  /** Resolves when the account is out of storage; its sessions and its data are the host's work. */
  delete(username: string): Promise<void>;
  get(username: string): Awaitable<AccountInfo | undefined>;
  /** In order, after `after`. */
  list(after?: string, limit?: number): Awaitable<readonly AccountInfo[]>;
}
