import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    conditions: ['source'],
    // Plugins have a package.json of their own, so the package cannot be reached by its name as from elsewhere in it.
    alias: { 'tharsis/plugin': source('src/plugin.ts'), 'tharsis/testing': source('src/testing.ts') },
  },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'plugins/**/*.test.ts', 'test/**/*.test.ts'],
    // An unhandled rejection or a stray error fails the run: dangerouslyIgnoreUnhandledErrors stays off.
    testTimeout: 20_000,
  },
});
