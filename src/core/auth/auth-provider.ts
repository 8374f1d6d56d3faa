/** Credentials that live outside the server */
import type { ZodType } from 'zod';
import type { Awaitable } from '../awaitable.ts';
import type { Clock } from '../clock/index.ts';
import type { Logger } from '../log/index.ts';
import type { AuthProvider } from './accounts.ts';

/** The virtual host a provider is made for. */
export interface AuthProviderHost {
  readonly domain: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** Relative paths in the options are relative to this directory. */
  readonly dir: string;
}

export interface AuthProviderDefinition<Options> {
  /** The key in the configuration. */
  readonly name: string;
  readonly config?: ZodType<Options>;
  /** Runs once per virtual host, before it takes connections. */
  create(options: Options, host: AuthProviderHost): Awaitable<AuthProvider>;
}

// biome-ignore lint/suspicious/noExplicitAny: each provider knows its own options
export type AnyAuthProvider = AuthProviderDefinition<any>;

/** Types an auth provider. */
export function defineAuthProvider<Options = Record<string, never>>(
  definition: AuthProviderDefinition<Options>,
): AuthProviderDefinition<Options> {
  return definition;
}
