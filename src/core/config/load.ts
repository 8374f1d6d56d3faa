import type { AnyAuthProvider } from '../auth/index.ts';
import { serviceDomain } from '../module/index.ts';
import type { AnyRpcBackend } from '../rpc/index.ts';
import type { AnyTransport } from '../transport/index.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { explain } from './problems.ts';
import { type Config, configSchema, type KnownParts } from './schema.ts';
import type { Schema } from './schema-walk.ts';
import { type ConfigSource, readConfig } from './source.ts';

/** What the `plugins` key names, before anything else is looked at: plugins bring modules and transports to be known. */
export function pluginsOf(source: ConfigSource): readonly string[] {
  const { plugins } = source.value;
  return Array.isArray(plugins) ? plugins.filter((name) => typeof name === 'string') : [];
}

export interface LoadedConfig {
  readonly config: Config;
  /** What it was checked against; `diffConfig` finds the live/restart markers in it. */
  readonly schema: Schema;
}

/** @throws ConfigError with every problem there is */
export async function checkConfig(source: ConfigSource, known: KnownParts): Promise<LoadedConfig> {
  const transports = await namedTransports(source, known);
  const provider = await namedProvider(source, known);
  const schema = configSchema(known, { transports, provider, rpcBackends: await namedRpcBackends(source, known) });
  const parsed = schema.safeParse(source.value);
  if (!parsed.success) throw new ConfigError(explain(parsed.error.issues, schema, source, known));
  const config = parsed.data as unknown as Config;
  const problems = [...missingModules(config, source, known), ...sharedDomains(config, source, known)];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, schema };
}

/** Reads and checks in one go, where no plugin has to be loaded in between. */
export async function loadConfig(
  known: KnownParts,
  options: { readonly file?: string | undefined; readonly overrides?: Record<string, unknown> | undefined } = {},
): Promise<LoadedConfig> {
  return checkConfig(await readConfig(options.file, options.overrides), known);
}

function namedTransports(source: ConfigSource, known: KnownParts): Promise<AnyTransport[]> {
  const { listeners = known.defaultListeners } = source.value;
  const names = new Set(Array.isArray(listeners) ? listeners.map((listener) => listener?.transport) : []);
  const loaders = [...known.transports].filter(([name]) => names.has(name)).map(([, load]) => load());
  return Promise.all(loaders);
}

function namedProvider(source: ConfigSource, known: KnownParts): Promise<AnyAuthProvider> | undefined {
  const { auth } = source.value as { auth?: { provider?: { name?: string } } };
  return known.authProviders.get(auth?.provider?.name ?? '')?.();
}

function namedRpcBackends(source: ConfigSource, known: KnownParts): Promise<AnyRpcBackend[]> {
  const { rpc } = source.value as { rpc?: { backends?: Record<string, { kind?: string } | null> } };
  const kinds = new Set(Object.values(rpc?.backends ?? {}).map((backend) => backend?.kind));
  const loaders = [...known.rpcBackends].filter(([name]) => kinds.has(name)).map(([, load]) => load());
  return Promise.all(loaders);
}

function missingModules(config: Config, source: ConfigSource, known: KnownParts): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  for (const [domain, { modules }] of Object.entries(config.hosts)) {
    for (const { name, requires = [] } of known.modules) {
      if (!Object.hasOwn(modules, name)) continue;
      for (const needed of requires) {
        if (Object.hasOwn(modules, needed.name)) continue;
        problems.push(
          source.problem(['hosts', domain, 'modules', name], `needs the module ${needed.name}, which is not listed`),
        );
      }
    }
  }
  return problems;
}

/** Every service has a domain of its own. */
function sharedDomains(config: Config, source: ConfigSource, known: KnownParts): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const taken = new Set(Object.keys(config.hosts));
  for (const [home, { modules }] of Object.entries(config.hosts)) {
    for (const module of known.modules) {
      if (module.hosts !== 'service' || !Object.hasOwn(modules, module.name)) continue;
      const domain = serviceDomain(module, modules[module.name], home);
      if (taken.has(domain)) {
        problems.push(
          source.problem(['hosts', home, 'modules', module.name], `${domain} is somebody else's domain already`),
        );
      }
      taken.add(domain);
    }
  }
  return problems;
}
