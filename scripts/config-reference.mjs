// Writes docs/configuration.md. Run after a build: npm run build && npm run docs:config
import { writeFile } from 'node:fs/promises';
import { catalog } from '../dist/catalog.js';
import { configurationPage } from '../dist/configuration-page.js';

await writeFile(new URL('../docs/configuration.md', import.meta.url), await configurationPage(catalog));
