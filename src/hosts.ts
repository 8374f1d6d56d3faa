/** Virtual hosts as the configuration describes them */
import { z } from 'zod';
import {
  AnonymousAccounts,
  type AuthProvider,
  type AuthProviderDefinition,
  type Clock,
  type Config,
  ConfigError,
  createMechanisms,
  createNonceStore,
  createStoredAccounts,
  Jid,
  type Logger,
  LoginLimiter,
  loadScramDecoys,
  type Mechanism,
  PasswordHasher,
  type Router,
  readOnlyAccounts,
  type StorageDriver,
  VirtualHost,
} from '#core';

export interface HostParts {
  readonly config: Config;
  readonly storage: StorageDriver;
  readonly router: Router;
  readonly clock: Clock;
  readonly log: Logger;
  /** Mechanisms that plugins bring. */
  readonly mechanisms: readonly Mechanism[];
  // biome-ignore lint/suspicious/noExplicitAny: each provider knows its own options
  readonly providers: readonly AuthProviderDefinition<any>[];
}

/** Makes hosts that share what a server has once: the limit of failed logins, the nonces, the queue of password work. */
export function hostMaker({ config, storage, router, clock, log, mechanisms, providers }: HostParts) {
  const { auth, limits } = config;
  const limiter = new LoginLimiter(clock, () => ({
    failures: limits.failed_logins,
    windowMs: limits.failed_login_minutes * 60_000,
  }));
  const nonces = createNonceStore(clock);
  const hasher = new PasswordHasher(auth.iterations);

  return async (domain: string): Promise<VirtualHost> => {
    const stores = storage.stores(domain);
    const accounts =
      auth.provider === undefined
        ? createStoredAccounts({ stores, clock, hasher, credentials: auth.credentials })
        : readOnlyAccounts(await provided(auth.provider, providers, domain));
    const anonymous = auth.anonymous ? new AnonymousAccounts(accounts, clock) : undefined;
    const host = new VirtualHost({
      domain: Jid.of('', domain),
      router,
      accounts: anonymous ?? accounts,
      mechanisms: createMechanisms({
        limiter,
        nonces,
        decoys: await loadScramDecoys(stores, auth.iterations),
        plainWithoutTls: auth.plain_without_tls,
        external: auth.external && auth.client_ca !== undefined,
        anonymous,
        enabled: auth.mechanisms,
        plugins: mechanisms,
      }),
      resourceConflict: auth.resource_conflict,
      stores,
      clock,
      log: log.child({ host: domain }),
    });
    router.add(host);
    return host;
  };
}

/** @throws ConfigError when no plugin brings the provider, or its options are wrong */
async function provided(
  { name, options }: { readonly name: string; readonly options: Record<string, unknown> },
  providers: HostParts['providers'],
  domain: string,
): Promise<AuthProvider> {
  const definition = providers.find((provider) => provider.name === name);
  if (definition === undefined) {
    throw new ConfigError([{ path: 'auth.provider.name', message: `no plugin brings an auth provider ${name}` }]);
  }
  const parsed = (definition.config ?? z.strictObject({})).safeParse(options);
  if (parsed.success) return definition.create(parsed.data, domain);
  throw new ConfigError(
    parsed.error.issues.map(({ path, message }) => ({ path: ['auth.provider.options', ...path].join('.'), message })),
  );
}
