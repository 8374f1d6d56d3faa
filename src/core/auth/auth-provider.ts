/** Credentials that live outside the server: what a plugin writes, and how a host sees it */
import type { ZodType } from 'zod';
import type { Awaitable } from '../awaitable.ts';
import { whenDone } from '../awaitable.ts';
import { StanzaError } from '../stanza/index.ts';
import type { AccountInfo, Accounts, AuthProvider, ScramHash } from './accounts.ts';

export interface AuthProviderDefinition<Options> {
  /** The key in the configuration. */
  readonly name: string;
  readonly config?: ZodType<Options>;
  /** Runs once per virtual host, before it takes connections. */
  create(options: Options, domain: string): Awaitable<AuthProvider>;
}

/** Types an auth provider of a plugin. */
export function defineAuthProvider<Options = Record<string, never>>(
  definition: AuthProviderDefinition<Options>,
): AuthProviderDefinition<Options> {
  return definition;
}

/** The accounts of a provider that cannot be written to: they are made and changed where they live. */
export function readOnlyAccounts(provider: AuthProvider): Accounts {
  const scramKeys = provider.scramKeys?.bind(provider);
  return {
    exists: (username) => provider.exists(username),
    verifyPassword: (username, password) => provider.verifyPassword(username, password),
    ...(scramKeys && { scramKeys: (username: string, hash: ScramHash) => scramKeys(username, hash) }),
    create: async () => refuse(),
    setPassword: async () => refuse(),
    setDisabled: async () => refuse(),
    delete: async () => refuse(),
    // When it was made is not known; one that is disabled does not exist for us.
    get: (username) =>
      whenDone(provider.exists(username), (exists): AccountInfo | undefined =>
        exists ? { username, disabled: false, created: 0 } : undefined,
      ),
    list: async () => refuse(),
  };
}

function refuse(): never {
  throw new StanzaError('not-allowed', 'the accounts of this host are kept elsewhere');
}
