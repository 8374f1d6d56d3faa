/** Loads what the key `plugins` of the configuration names */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ConfigError, isPlugin, type Plugin } from '#core';

/**
 * @param names package names, or paths to a file or to the folder of a package
 * @param baseDir absolute; where packages are looked for, and what paths are relative to
 * @throws ConfigError for a plugin that is not there, fails to load, is none, or brings what another one brings
 */
export async function loadPlugins(names: readonly string[], baseDir: string): Promise<Plugin[]> {
  const plugins: Plugin[] = [];
  // One after the other: the order of the configuration is the order of the modules.
  for (const name of names) plugins.push(await load(name, resolve(name, baseDir)));
  rejectDuplicates(plugins);
  return plugins;
}

function resolve(name: string, baseDir: string): string {
  try {
    return createRequire(join(baseDir, 'tharsis.yaml')).resolve(name);
  } catch (cause) {
    // The first line says what is missing, the plugin itself or the file its package.json names.
    const [reason] = (cause as Error).message.split('\n');
    throw problem(name, `not found from ${baseDir}: ${reason}`, cause);
  }
}

async function load(name: string, file: string): Promise<Plugin> {
  let loaded: { default?: unknown };
  try {
    loaded = await import(pathToFileURL(file).href);
  } catch (cause) {
    throw problem(name, `cannot be loaded: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  if (isPlugin(loaded.default)) return loaded.default;
  throw problem(name, `${file} has no default export made by definePlugin of this copy of tharsis`);
}

/** Two modules of one name would be one key in the configuration; so would two transports. */
function rejectDuplicates(plugins: readonly Plugin[]): void {
  for (const kind of ['modules', 'transports', 'authProviders', 'mechanisms'] as const) {
    const owners = new Map<string, Plugin>();
    for (const plugin of plugins) {
      for (const { name } of plugin[kind]) {
        const owner = owners.get(name);
        if (owner !== undefined) throw problem(plugin.name, `${kind}: ${name} is in ${owner.name} already`);
        owners.set(name, plugin);
      }
    }
  }
}

function problem(plugin: string, message: string, cause?: unknown): ConfigError {
  return new ConfigError([{ path: 'plugins', message: `${plugin}: ${message}` }], { cause });
}
