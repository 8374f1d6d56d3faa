/** The page /scene without a browser: what it loads is there, and nothing else is */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestServer, type TestServer } from '../testing.ts';

let server: TestServer;
let url: string;
let imports: Readonly<Record<string, string>>;

beforeAll(async () => {
  server = await createTestServer();
  url = `http://127.0.0.1:${server.port('websocket')}`;
  const html = await (await fetch(`${url}/scene`)).text();
  imports = JSON.parse(/<script type="importmap">(.*?)<\/script>/s.exec(html)?.[1] ?? '').imports;
});
afterAll(() => server.stop());

/** The path of a module, as an import map has it. */
function pathOf(name: string): string | undefined {
  const prefix = Object.keys(imports).find((key) => key.endsWith('/') && name.startsWith(key));
  return imports[name] ?? (prefix && `${imports[prefix]}${name.slice(prefix.length)}`);
}

function importsIn(directory: string, isTaken: (file: string) => boolean): string[] {
  const path = fileURLToPath(new URL(directory, import.meta.url));
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(isTaken);
  return files.flatMap((file) =>
    [...readFileSync(`${path}/${file}`, 'utf8').matchAll(/ from '([^.'][^']*)'/g)].map(([, name]) => name as string),
  );
}

const isOfBrowsers = (file: string): boolean =>
  file.endsWith('.ts') && !/(^|\/)node[-.]|\/node\.ts$|\.test\.ts$|^node-/.test(file);

describe('the page /scene', () => {
  it('names a place for every module that its modules import by name', async () => {
    const names = new Set([
      ...importsIn('../../web/scene', (file) => file.endsWith('.js')),
      ...importsIn('../client', isOfBrowsers),
      ...importsIn('../protocol/mars', isOfBrowsers),
    ]);
    expect(names.size).toBeGreaterThan(8);
    for (const name of names) {
      const path = pathOf(name);
      expect(path, name).toBeDefined();
      // Our own are there once they are built.
      if (/^(tharsis|#)/.test(name)) continue;
      const answer = await fetch(url + path);
      expect([name, answer.status]).toEqual([name, 200]);
      expect(answer.headers.get('content-type')).toContain('javascript');
    }
  });

  it('follows the modules of packages to all they need', async () => {
    const seen = new Set<string>();
    const left = ['@bufbuild/protobuf', '@bufbuild/protobuf/codegenv2', '@noble/hashes/hmac.js'];
    left.push(...['sha2', 'legacy', 'pbkdf2'].map((name) => `@noble/hashes/${name}.js`));
    const paths = [...left, '@noble/curves/ed25519.js', '@noble/ciphers/aes.js'].map((name) => pathOf(name) as string);
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      if (seen.has(path)) continue;
      seen.add(path);
      const answer = await fetch(url + path);
      expect([path, answer.status]).toEqual([path, 200]);
      for (const [, name = ''] of (await answer.text()).matchAll(/^(?:import|export) [^;]*?from ['"]([^'"]+)['"]/gm)) {
        const next = name.startsWith('.') ? new URL(name, url + path).pathname : pathOf(name);
        expect(next, `${name} in ${path}`).toBeDefined();
        paths.push(next as string);
      }
    }
    expect(seen.size).toBeGreaterThan(50);
  });

  it.each([
    '/scene/client/../http/index.js',
    '/scene/client/%2e%2e/server.js',
    '/scene/client/node.ts',
    '/scene/protobuf/../../package.json',
    '/scene/game/',
  ])('shows nothing besides: %s', async (path) => {
    const [answer] = await once(get({ port: server.port('websocket'), path }), 'response');
    expect([403, 404]).toContain(answer.statusCode);
    answer.resume();
  });

  it('loads nothing from elsewhere', async () => {
    const { headers } = await fetch(`${url}/scene`);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self' 'sha256-[^']+';/);
  });

  it('is away where the configuration says so', async () => {
    const without = await createTestServer({
      config: { http: { scene_page: false }, listeners: [{ transport: 'websocket', address: '127.0.0.1', port: 0 }] },
    });
    const base = `http://127.0.0.1:${without.port('websocket')}`;
    expect((await fetch(`${base}/scene`)).status).toBe(404);
    expect((await fetch(`${base}/scene/game/main.js`)).status).toBe(404);
    expect(await (await fetch(base)).text()).not.toContain('/scene');
    await without.stop();
  });
});
