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
  RecoverableAccounts,
  type Router,
  type Secrets,
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
  readonly secrets: Secrets;
  /** Mechanisms that plugins bring. */
  readonly mechanisms: readonly Mechanism[];
  /** The one the configuration names. */
  readonly provider: AnyAuthProvider | undefined;
  /** Of the configuration file. */
  readonly dir: string;
}

/** Makes hosts that share what a server has once: the nonces, the queue of password work. */
export function hostMaker(parts: HostParts) {
  const { config, storage, router, clock, wheel, log, limiter, secrets, mechanisms, provider, dir } = parts;
  const { auth, limits } = config;
  if (auth.md5_challenge === 'any') {
    log.warn({}, 'auth.md5_challenge is any: whoever listens can guess passwords, and log in with what he guessed');
  }
  const nonces = createNonceStore(clock);
  const hasher = new PasswordHasher(auth.iterations);

  return async (domain: string): Promise<VirtualHost> => {
    const stores = storage.stores(domain);
    const hostLog = log.child({ host: domain });
    const stored = new RecoverableAccounts(
      createStoredAccounts({ stores, clock, hasher, credentials: auth.credentials }),
      { stores, secret: secrets.get('passwords'), mode: auth.md5_challenge },
    );
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
            loggedIn: (username) => host.bans.check(username),
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
        async loggedIn(username) {
          await host.bans.check(username);
          if (provider !== undefined) await host.accountLoggedIn(username);
        },
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
