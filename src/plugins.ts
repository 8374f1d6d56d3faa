/** Loads what the key `plugins` of the configuration names, and adds what it brings to what there is */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  ConfigError,
  type ConfigProblem,
  type ConfigSource,
  isPlugin,
  type KnownParts,
  type Plugin,
  pluginsOf,
} from '#core';

/**
 * Names are those of packages, or paths to a file or to the folder of a package; both are looked for from the directory
 * of the configuration.
 *
 * @throws ConfigError for a plugin that is not there, fails to load, or is none
 */
export async function loadPlugins(source: ConfigSource): Promise<Plugin[]> {
  const plugins: Plugin[] = [];
  for (const [at, name] of pluginsOf(source).entries()) {
    const problem = (message: string) => source.problem(['plugins', at], `${name} ${message}`);
    plugins.push(await load(find(name, source.dir, problem), problem));
  }
  return plugins;
}

type Problem = (message: string) => ConfigProblem;

function find(name: string, dir: string, problem: Problem): string {
  try {
    return createRequire(join(dir, 'tharsis.yaml')).resolve(name);
  } catch (cause) {
    // The first line says what is missing, the plugin itself or the file its package.json names.
    const [reason] = (cause as Error).message.split('\n');
    throw new ConfigError([problem(`is not found from ${dir}: ${reason}`)], { cause });
  }
}

async function load(file: string, problem: Problem): Promise<Plugin> {
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw new ConfigError([problem(`cannot be loaded: ${cause instanceof Error ? cause.message : cause}`)], { cause });
  }
  if (isPlugin(loaded.default)) return loaded.default;
  throw new ConfigError([problem(`has no default export made by definePlugin of this copy of tharsis (${file})`)]);
}

/** @throws ConfigError for a second part of one name: the configuration could not tell them apart */
export function withPlugins(known: KnownParts, plugins: readonly Plugin[]): KnownParts {
  const modules = new Map(known.modules.map((module) => [module.name, module]));
  const transports = new Map(known.transports);
  const authProviders = new Map(known.authProviders);
  const rpcBackends = new Map(known.rpcBackends);
  for (const plugin of plugins) {
    for (const module of plugin.modules) {
      rejectSecond(plugin, 'module', module.name, modules);
      modules.set(module.name, module);
    }
    for (const transport of plugin.transports) {
      rejectSecond(plugin, 'transport', transport.name, transports);
      transports.set(transport.name, async () => transport);
    }
    for (const provider of plugin.authProviders) {
      rejectSecond(plugin, 'auth provider', provider.name, authProviders);
      authProviders.set(provider.name, async () => provider);
    }
    for (const backend of plugin.rpcBackends) {
      rejectSecond(plugin, 'rpc backend', backend.name, rpcBackends);
      rpcBackends.set(backend.name, async () => backend);
    }
  }
  return { ...known, modules: [...modules.values()], transports, authProviders, rpcBackends };
}

function rejectSecond(plugin: Plugin, kind: string, name: string, there: ReadonlyMap<string, unknown>): void {
  if (!there.has(name)) return;
  throw new ConfigError([
    { path: 'plugins', message: `${plugin.name} brings ${kind} ${name}, which there is already` },
  ]);
}
