import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ConfigError } from '#core';
import { loadPlugins } from './plugins.ts';

const fixtures = fileURLToPath(new URL('../test/fixtures/plugins', import.meta.url));

const refusal = async (...names: string[]) => {
  const error: unknown = await loadPlugins(names, fixtures).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems[0];
};

test.each(['./shelf.ts', './folder', `${fixtures}/shelf.ts`])('%s is loaded by its path', async (name) => {
  const [plugin] = await loadPlugins([name], fixtures);
  expect(plugin?.name).toBe('shelf');
  expect(plugin?.modules.map((module) => module.name)).toEqual(['books']);
  expect(plugin?.transports).toEqual([]);
});

test('no names, no plugins', async () => {
  expect(await loadPlugins([], fixtures)).toEqual([]);
});

test.each(['./missing', 'tharsis-plugin-missing'])('%s is not found, and the message says from where', async (name) => {
  const problem = await refusal(name);
  expect(problem?.path).toBe('plugins');
  expect(problem?.message).toContain(`${name}: not found from ${fixtures}: `);
});

test('a plugin that fails to load says why', async () => {
  expect((await refusal('./broken.ts'))?.message).toBe('./broken.ts: cannot be loaded: out of paper');
});

test('what definePlugin did not make is no plugin', async () => {
  expect((await refusal('./no-plugin.ts'))?.message).toContain('has no default export made by definePlugin');
});

test('two plugins with a module of one name are refused', async () => {
  const problem = await refusal('./shelf.ts', './library.ts');
  expect(problem?.message).toBe('library: modules: books is in shelf already');
});
