/** A small game: the scene of docs/protocol/scene.md in a browser, by tharsis/client over our WebSocket, nothing from any other server */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { escapeAttribute } from '#core';

export interface ScenePageOptions {
  readonly domain: string;
  /** Path of the WebSocket transport on this listener; undefined when there is none. */
  websocket(): string | undefined;
}

const { resolve } = createRequire(import.meta.url);
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** A directory of an installed package. @param module one that can be asked for by name */
function packageOf(name: string, module: string, directory: string): string {
  const file = resolve(name + module);
  return join(file.slice(0, file.lastIndexOf(join(name, '/'))), name, directory);
}

/** What browsers load, file by file: the modules of the client and of the packages it needs, as they are. */
const DIRECTORIES: Readonly<Record<string, string>> = {
  '/scene/game/': here('../../web/scene'),
  '/scene/client/': here('../client'),
  '/scene/protocol/': here('../protocol'),
  '/scene/protobuf/': packageOf('@bufbuild/protobuf', '', 'dist/esm'),
  '/scene/hashes/': packageOf('@noble/hashes', '/sha2.js', 'esm'),
  '/scene/curves/': packageOf('@noble/curves', '/ed25519.js', 'esm'),
  '/scene/ciphers/': packageOf('@noble/ciphers', '/aes.js', 'esm'),
};

/** The names by which these modules import each other. */
const IMPORTS = JSON.stringify({
  imports: {
    'tharsis/client': '/scene/client/browser.js',
    '#protocol/mars': '/scene/protocol/mars/index.js',
    '#protocol/mars/noble': '/scene/protocol/mars/noise/noble.js',
    '@bufbuild/protobuf': '/scene/protobuf/index.js',
    '@bufbuild/protobuf/codegenv2': '/scene/protobuf/codegenv2/index.js',
    '@noble/hashes/crypto': '/scene/hashes/crypto.js',
    '@noble/hashes/': '/scene/hashes/',
    '@noble/curves/': '/scene/curves/',
    '@noble/ciphers/': '/scene/ciphers/',
  },
});

const POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${createHash('sha256').update(IMPORTS).digest('base64')}'`,
  "style-src 'self'",
  'img-src data:',
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function scenePage(app: FastifyInstance, { domain, websocket }: ScenePageOptions): Promise<void> {
  for (const [prefix, root] of Object.entries(DIRECTORIES)) {
    const isFileShown = (path: string): boolean => /\.(?:js|css)$/.test(path);
    await app.register(fastifyStatic, { root, prefix, decorateReply: false, index: false, allowedPath: isFileShown });
  }
  app.get('/scene', async (_request, reply) => {
    const path = websocket();
    if (path === undefined) return reply.callNotFound();
    return reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page(domain, path));
  });
}

function page(domain: string, websocket: string): string {
  const data = { domain, websocket, scene: `plaza@scene.${domain}` };
  const attributes = Object.entries(data).map(([name, value]) => `data-${name}="${escapeAttribute(value)}"`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Scene: ${escapeAttribute(domain)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/scene/game/scene.css">
<script type="importmap">${IMPORTS}</script>
<script type="module" src="/scene/game/main.js"></script>
</head>
<body ${attributes.join(' ')}>
<canvas id="world" aria-label="The plaza and who walks on it"></canvas>
<p id="status" role="status"></p>
<form id="login">
<h1>The plaza</h1>
<p>Walk with the arrow keys. Who is near hears what you say.</p>
<label>User name <input name="username" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Enter</button>
<p id="problem" role="alert"></p>
</form>
<form id="talk" hidden>
<input name="text" autocomplete="off" maxlength="200" placeholder="Say something to those near" aria-label="What to say">
</form>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`;
}
