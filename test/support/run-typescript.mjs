// node run-typescript.mjs FILE.ts [ARGUMENTS]: runs a TypeScript module of this repository as a process of its own, for
// tests that kill it. Resolves as the tests do (vitest.config.ts: condition `source`), without a build.
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

// The module sees itself where a program stands among the arguments.
process.argv.splice(1, 1);
const [, file] = process.argv;
const root = fileURLToPath(new URL('../..', import.meta.url));
const vite = await createViteServer({
  root,
  configFile: resolve(root, 'vitest.config.ts'),
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, ws: false, watch: null },
});
await vite.ssrLoadModule(resolve(file));
await vite.close();
