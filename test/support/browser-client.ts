/** `tharsis/client` as a bundler makes it for a page, and the browser it runs in */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const isMissing = !existsSync(CHROMIUM);

/** A script that defines `tharsis`. @throws Error when it needs what is not in it */
export async function bundle(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
    build: {
      write: false,
      minify: true,
      lib: {
        entry: fileURLToPath(new URL('../../src/client/browser.ts', import.meta.url)),
        name: 'tharsis',
        formats: ['iife'],
      },
    },
  });
  const [{ output } = { output: [] }] = [result].flat() as { output: { code: string; imports: string[] }[] }[];
  const [chunk] = output;
  if (chunk === undefined) throw new Error('nothing was built');
  if (chunk.imports.length > 0) throw new Error(`the bundle imports ${chunk.imports}`);
  return chunk.code;
}
