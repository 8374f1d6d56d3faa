// npm run docs:doap: writes doap.xml and the table of specifications in README.md, from what the code declares.
// Resolves TypeScript as the tests do, without a build.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createViteServer } from 'vitest/node';

const root = new URL('../', import.meta.url);
const vite = await createViteServer({
  root: fileURLToPath(root),
  configFile: fileURLToPath(new URL('vitest.config.ts', root)),
  appType: 'custom',
  logLevel: 'error',
  server: { middlewareMode: true, ws: false, watch: null },
});
try {
  const load = (path) => vite.ssrLoadModule(path);
  const { doap, withTable } = await load('/scripts/specifications.ts');
  const { coreRfcs, coreXeps } = await load('/src/core/index.ts');
  const { catalog } = await load('/src/catalog.ts');
  const declared = { rfcs: coreRfcs, xeps: coreXeps, modules: catalog.modules };
  const readme = new URL('README.md', root);
  const project = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  writeFileSync(new URL('doap.xml', root), doap(project, declared));
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), declared));
} finally {
  await vite.close();
}
