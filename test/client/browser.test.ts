/** `tharsis/client` as a bundler makes it for a page, and in a real browser */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { describe, expect, it } from 'vitest';
import { createTestServer } from '../../src/testing.ts';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const isMissing = !existsSync(CHROMIUM);

async function bundle(): Promise<string> {
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
  expect(chunk.imports).toEqual([]);
  return chunk.code;
}

it('the bundle needs nothing of Node, and is small', async () => {
  const code = await bundle();
  expect(code.match(/\bnode:|\brequire\(|\bBuffer\./g)).toBeNull();
  expect(code.length).toBeLessThan(250_000);
});

if (isMissing && process.env.CI === 'true') {
  it('Chromium is there for the client', () => {
    throw new Error(`${CHROMIUM} is missing: install Chromium, or name it in CHROMIUM`);
  });
}

describe.skipIf(isMissing)(`in ${CHROMIUM}`, () => {
  it('a page logs in over an encrypted WebSocket, writes to itself, and reads it', async () => {
    const code = await bundle();
    const server = await createTestServer({
      config: {
        log: { level: 'silent' },
        listeners: ['websocket', 'tcp-mars'].map((transport) => ({ transport, address: '127.0.0.1', port: 0 })),
      },
    });
    await server.addUser('alice', 'secret');
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-gpu'] });
    try {
      const page = await (await browser.newContext({ bypassCSP: true })).newPage();
      await page.goto(`http://127.0.0.1:${server.port('websocket')}/`);
      await page.addScriptTag({ content: code });
      const options = {
        servers: [`ws://127.0.0.1:${server.port('websocket')}/xmpp-websocket`],
        domain: server.domain,
        credentials: { username: 'alice', password: 'secret' },
        serverKey: server.listeners.find(({ transport }) => transport === 'tcp-mars')?.publicKey,
      };
      const heard = await page.evaluate(
        // As text: it runs in the page, where `tharsis` is.
        `(async () => {
          const client = await tharsis.connect(${JSON.stringify(options)});
          const message = new Promise((done) => client.on('message', ({ body }, { from }) => done([from, body])));
          await client.sendMessage({ to: client.jid, body: 'hello, me' });
          const [from, body] = await message;
          await client.close();
          return [from === client.jid, body];
        })()`,
      );
      expect(heard).toEqual([true, 'hello, me']);
    } finally {
      await browser.close();
      await server.stop();
    }
  }, 60_000);
});
