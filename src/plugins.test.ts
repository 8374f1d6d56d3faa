import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ConfigError, defineModule, definePlugin, type KnownParts, readConfig } from '#core';
import { catalog } from './catalog.ts';
import { loadPlugins, withPlugins } from './plugins.ts';
import { createTestServer } from './testing.ts';

const fixtures = fileURLToPath(new URL('../test/fixtures/plugins', import.meta.url));

const load = async (...names: string[]) =>
  loadPlugins({ ...(await readConfig(undefined, { plugins: names })), dir: fixtures });

const refusal = async (...names: string[]) => {
  const error: unknown = await load(...names).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems[0];
};

test.each(['./shelf.ts', './folder', `${fixtures}/shelf.ts`])('%s is loaded by its path', async (name) => {
  const [plugin] = await load(name);
  expect(plugin?.name).toBe('shelf');
  expect(plugin?.modules.map((module) => module.name)).toEqual(['books']);
  expect(plugin?.transports).toEqual([]);
});

test('no names, no plugins', async () => {
  expect(await load()).toEqual([]);
});

test.each(['./missing', 'tharsis-plugin-missing'])('%s is not found, and the message says from where', async (name) => {
  const problem = await refusal('./shelf.ts', name);
  expect(problem?.path).toBe('plugins[1]');
  expect(problem?.message).toContain(`${name} is not found from ${fixtures}: `);
});

test('a plugin that fails to load says why', async () => {
  expect((await refusal('./broken.ts'))?.message).toBe('./broken.ts cannot be loaded: out of paper');
});

test('what definePlugin did not make is no plugin', async () => {
  expect((await refusal('./no-plugin.ts'))?.message).toContain('has no default export made by definePlugin');
});

test('what plugins bring stands after what there is', () => {
  const known = withPlugins(catalog, [bringing('books')]);
  expect(known.modules.map(({ name }) => name)).toEqual([...catalog.modules.map(({ name }) => name), 'books']);
  expect(known.defaultModules).toEqual(catalog.defaultModules);
});

test.each([
  ['another plugin', [bringing('books'), bringing('books')], 'books'],
  ['the server', [bringing('roster')], 'roster'],
])('a module that %s has already is refused', (_who, plugins, name) => {
  const merge = (): KnownParts => withPlugins(catalog, plugins);
  expect(merge).toThrow(`a plugin brings module ${name}, which there is already`);
});

test('a server sets up the modules of its plugins, with the options of the configuration', async () => {
  const told: unknown[] = [];
  const module = defineModule({ name: 'books', setup: (host) => void told.push(host.domain.toString()) });
  const plugin = definePlugin({ name: 'shelf', modules: [module] });
  const server = await createTestServer({
    plugins: [plugin],
    config: { hosts: { 'example.org': { modules: { books: {} } }, 'example.net': {} } },
  });
  await server.stop();
  expect(told).toEqual(['example.org']);
});

function bringing(name: string) {
  return definePlugin({ name: 'a plugin', modules: [defineModule({ name, setup() {} })] });
}
