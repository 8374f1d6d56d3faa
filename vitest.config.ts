import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'module', 'node', 'import', 'default'] } },
  test: {
    include: ['src/**/*.test.ts', 'plugins/**/*.test.ts', 'test/**/*.test.ts'],
    // An unhandled rejection or a stray error fails the run: dangerouslyIgnoreUnhandledErrors stays off.
    testTimeout: 20_000,
  },
});
