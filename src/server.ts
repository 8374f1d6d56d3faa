/** The composition root: configuration, storage, virtual hosts and their modules, then transports */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  Admission,
  ApiTokens,
  type Awaitable,
  applyLive,
  type Clock,
  CommandRegistry,
  type Config,
  checkConfig,
  createMemoryStorage,
  diffConfig,
  type Logger,
  LoginAdmission,
  LoginLimiter,
  OpenConnections,
  type Plugin,
  Router,
  readConfig,
  type StorageDriver,
  SubProtocols,
  setUpModules,
  systemClock,
  type TransportHost,
  type VirtualHost,
  version,
  Wheel,
} from '#core';
import { createRpcBackends } from './backends.ts';
import { catalog } from './catalog.ts';
import { Certificates } from './certificates.ts';
import { createCommands, type ListenerStatus, type ServerControl } from './commands/index.ts';
import { configuredAuthorities, configuredCertificates } from './configured-certificates.ts';
import { hostMaker } from './hosts.ts';
import { createHttp } from './http/index.ts';
import { createLog } from './log.ts';
import { loadPlugins, withPlugins } from './plugins.ts';

import { Federation } from './s2s/index.ts';
import { createSecrets } from './secrets.ts';
import { ServerMetrics } from './server-metrics.ts';

export interface ServerOptions {
  /** A YAML file as docs/configuration.md describes it. */
  readonly configFile?: string | undefined;
  /** The same as an object, laid over what the file says. */
  readonly config?: Record<string, unknown>;
  /** Where accounts, keys and messages are kept. Without it nothing is written, and all is lost at the end. */
  readonly dataDir?: string | undefined;
  /** Plugins that are loaded already, besides those the configuration names. */
  readonly plugins?: readonly Plugin[];
  readonly clock?: Clock;
  readonly log?: Logger;
}

export interface Server extends ServerControl {
  readonly commands: CommandRegistry;
  readonly listeners: readonly ListenerStatus[];
  readonly certificates: Certificates;
  readonly log: Logger;
  /** What is to be done first of all when the server stops. */
  defer(step: () => Awaitable<void>): void;
  /** The first host of the configuration. */
  readonly host: VirtualHost;
}

/** How long stop waits for peers to close their side. */
const STOP_PATIENCE_MS = 2_000;

/** Whose stores are those of no host in particular. */
const WHOLE_SERVER = '';

/** @throws ConfigError, DataLockedError, StorageError, or why a listener cannot be opened; nothing stays open then */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const undo: (() => Awaitable<void>)[] = [];
  const takeDown = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    return await assemble(options, undo, takeDown);
  } catch (error) {
    await takeDown();
    throw error;
  }
}

async function assemble(
  options: ServerOptions,
  undo: (() => Awaitable<void>)[],
  takeDown: () => Promise<void>,
): Promise<Server> {
  const { configFile, config: overrides, dataDir, clock = systemClock } = options;
  const source = await readConfig(configFile, overrides);
  const plugins = [...(options.plugins ?? []), ...(await loadPlugins(source))];
  const known = withPlugins(catalog, plugins);
  const { config } = await checkConfig(source, known);
  const log = options.log ?? createLog(config.log);
  const storage = await openStorage(config, dataDir, log, undo);

  const router = new Router(log);
  const wheel = new Wheel(clock);
  const commands = new CommandRegistry();
  const domains = Object.keys(config.hosts);
  const certificates = new Certificates(await configuredCertificates(config, source, clock.now(), dataDir));
  const { limits } = config;
  const commit = () => storage.commit();
  const federation = config.s2s.enabled
    ? new Federation({
        core: { router, clock, wheel, log, limits, tls: certificates, commit },
        config: config.s2s,
        authorities: configuredAuthorities(config, source),
      })
    : undefined;
  router.remote = federation;
  const tokens = new ApiTokens(storage.stores(WHOLE_SERVER), clock);
  const secrets = createSecrets(dataDir);
  const limiter = new LoginLimiter(clock, () => ({
    failures: config.limits.failed_logins,
    windowMs: config.limits.failed_login_minutes * 60_000,
  }));
  const makeHost = hostMaker({
    config,
    storage,
    router,
    clock,
    wheel,
    log,
    limiter,
    secrets,
    mechanisms: plugins.flatMap((plugin) => plugin.mechanisms),
    provider: await known.authProviders.get(config.auth.provider?.name ?? '')?.(),
    dir: source.dir,
  });
  const rpcBackends = await createRpcBackends(config, known, { router, clock, log, dir: source.dir }, undo);
  for (const [domain, { modules }] of Object.entries(config.hosts)) {
    const uses = known.modules.filter(({ name }) => name in modules);
    undo.push(
      await setUpModules(
        await makeHost(domain),
        uses.map((module) => ({ module, config: modules[module.name] })),
        {
          commands,
          rpcBackends,
          addService: (service, home) =>
            home.addService(service, storage.stores(service), log.child({ host: service })),
        },
      ),
    );
  }
  for (const host of router.hosts) await host.finishDeletions();

  undo.push(() => wheel.close());
  undo.push(() => federation?.stop());
  undo.push(async () => {
    for (const host of router.hosts) await host.hooks.notify('host:stopping', {});
    for (const host of router.hosts) await host.endSessions();
  });
  const connections = new OpenConnections();
  undo.push(() => connections.shutdown(() => new Promise((done) => clock.after(STOP_PATIENCE_MS, done))));
  const logins = new LoginAdmission(clock, () => {
    const { logins_per_second: perSecond, login_queue, login_seconds } = config.limits;
    // Who waits longer than that has no time left to log in.
    return { perSecond, queue: Math.min(login_queue, Math.floor((perSecond * login_seconds) / 2)) };
  });
  const admission = new Admission(() => config.limits.connections_per_address);
  const metrics = new ServerMetrics({ router, connections, limiter, federation });
  undo.push(() => metrics.close());
  const http = createHttp({
    ...{ tls: certificates, log, wheel, connections },
    domain: domains[0] ?? 'localhost',
    config: config.http,
    api: { commands, tokens, limiter, metrics: () => metrics.read() },
  });
  const core: TransportHost = {
    ...{ router, limits, http, clock, wheel, log, admission, logins, secrets, connections },
    ...{ commit, tls: certificates, servers: federation, failedLogins: limiter, subProtocols: new SubProtocols() },
  };
  const listeners: ListenerStatus[] = [];
  const startedAt = clock.now();
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;
  const server: Server = {
    ...{ router, clock, commands, tokens, listeners, certificates, federation, log },
    host: router.host(domains[0] ?? '') as VirtualHost,
    status: () => ({
      version,
      startedAt,
      uptimeSeconds: Math.floor((clock.now() - startedAt) / 1000),
      listeners,
    }),
    async reload() {
      const next = await readConfig(configFile, overrides);
      const { config: wanted, schema } = await checkConfig(next, known);
      certificates.replace(await configuredCertificates(wanted, next, clock.now(), dataDir));
      const changes = diffConfig(schema, config, wanted);
      applyLive(config, changes);
      return changes;
    },
    stopping: stopping.signal,
    defer: (step) => void undo.push(step),
    stop() {
      stopping.abort();
      stopped ??= takeDown();
      return stopped;
    },
  };
  for (const command of createCommands(server)) commands.add(command);

  for (const { transport: name, ...own } of config.listeners) {
    const transport = await known.transports.get(name)?.();
    if (transport === undefined || (name === 's2s' && federation === undefined)) continue;
    const listener = await transport.listen(core, own);
    undo.push(() => listener.stop());
    const { tls } = own as { tls?: string };
    const { address, port, publicKey } = listener;
    listeners.push({ transport: name, address, port, tls, publicKey });
  }
  return server;
}

/** Without a data directory everything is in memory, whatever the configuration says. */
async function openStorage(
  { storage }: Config,
  dataDir: string | undefined,
  log: Logger,
  undo: (() => Awaitable<void>)[],
): Promise<StorageDriver> {
  let driver: StorageDriver;
  if (dataDir === undefined) driver = createMemoryStorage();
  else {
    const { lockData } = await import('./storage/sqlite/data-lock.ts');
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const lock = lockData(dataDir);
    undo.push(() => lock.release());
    if (storage.driver === 'memory') driver = createMemoryStorage();
    else {
      const { openSqlite } = await import('./storage/sqlite/index.ts');
      driver = openSqlite({
        file: resolve(dataDir, 'tharsis.sqlite'),
        durability: storage.durability,
        onLost: (err) => log.error({ err }, 'what was written in this turn is lost'),
      });
    }
  }
  undo.push(() => driver.close());
  return driver;
}
