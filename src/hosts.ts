/** Virtual hosts as the configuration describes them */
import {
  AnonymousAccounts,
  type AnyAuthProvider,
  type Clock,
  type Config,
  createFast,
  createMechanisms,
  createNonceStore,
  createStoredAccounts,
  Jid,
  type Logger,
  type LoginLimiter,
  loadScramDecoys,
  type Mechanism,
  PasswordHasher,
  ProvidedAccounts,
  type Router,
  type StorageDriver,
  TokenAccounts,
  VirtualHost,
  type Wheel,
} from '#core';

export interface HostParts {
  readonly config: Config;
  readonly storage: StorageDriver;
  readonly router: Router;
  readonly clock: Clock;
  readonly wheel: Wheel;
  readonly log: Logger;
  readonly limiter: LoginLimiter;
  /** Mechanisms that plugins bring. */
  readonly mechanisms: readonly Mechanism[];
  /** The one the configuration names. */
  readonly provider: AnyAuthProvider | undefined;
  /** Of the configuration file. */
  readonly dir: string;
}

/** Makes hosts that share what a server has once: the nonces, the queue of password work. */
export function hostMaker(parts: HostParts) {
  const { config, storage, router, clock, wheel, log, limiter, mechanisms, provider, dir } = parts;
  const { auth, limits } = config;
  const nonces = createNonceStore(clock);
  const hasher = new PasswordHasher(auth.iterations);

  return async (domain: string): Promise<VirtualHost> => {
    const stores = storage.stores(domain);
    const hostLog = log.child({ host: domain });
    const stored = createStoredAccounts({ stores, clock, hasher, credentials: auth.credentials });
    const known =
      provider === undefined
        ? stored
        : new ProvidedAccounts(
            await provider.create(auth.provider?.options, { domain, clock, log: hostLog, dir }),
            stored,
          );
    const fast =
      (auth.fast ?? provider === undefined)
        ? createFast({
            ...{ stores, clock, limiter },
            isAllowedWithoutTls: auth.fast_without_tls,
            lifetimeMs: auth.fast_token_days * 86_400_000,
            clients: () => limits.token_clients_per_account,
          })
        : undefined;
    const accounts = fast === undefined ? known : new TokenAccounts(known, fast.tokens);
    const anonymous = auth.anonymous ? new AnonymousAccounts(accounts, clock) : undefined;
    const host: VirtualHost = new VirtualHost({
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
        loggedIn: provider && ((username) => host.accountLoggedIn(username)),
        enabled: auth.mechanisms,
        plugins: mechanisms,
      }),
      fast,
      resourceConflict: auth.resource_conflict,
      sessionPolicy: config.sessions,
      stores,
      clock,
      wheel,
      log: hostLog,
    });
    router.add(host);
    return host;
  };
}
