import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { catalog } from './catalog.ts';
import { configurationPage } from './configuration-page.ts';

it('is what docs/configuration.md says: else run npm run build && npm run docs:config', async () => {
  const committed = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8');
  expect(committed).toBe(await configurationPage(catalog));
});

it('describes every option', async () => {
  const undescribed = (await configurationPage(catalog)).split('\n').filter((line) => /\|\s+\|$/.test(line));
  expect(undescribed).toEqual([]);
});
