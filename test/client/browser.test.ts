/** `tharsis/client` as a bundler makes it for a page, and in a real browser */
import { chromium } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { createTestServer } from '../../src/testing.ts';
import { bundle, CHROMIUM, isMissing } from '../support/browser-client.ts';

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
