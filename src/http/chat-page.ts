/** A chat client for browsers: converse.js over our WebSocket, nothing from any other server */
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { escapeAttribute } from '#core';
import type { ChatClient } from './chat-client.ts';

export interface ChatPageOptions {
  readonly client: ChatClient;
  /** Who types no domain belongs to this one. */
  readonly domain: string;
  /** Path of the WebSocket transport on this listener; undefined when there is none. */
  websocket(): string | undefined;
}

/** Styles are set by scripts of converse.js on its elements, and avatars and pictures are data URLs. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function chatPage(app: FastifyInstance, options: ChatPageOptions): Promise<void> {
  const { client, domain, websocket } = options;
  // The version in the path lets browsers keep the files for good.
  const assets = `/chat/converse-${client.version}`;
  await app.register(fastifyStatic, {
    root: client.directory,
    prefix: `${assets}/`,
    decorateReply: false,
    index: false,
    maxAge: '365d',
    immutable: true,
  });
  app.get('/chat', async (_request, reply) => {
    const path = websocket();
    if (path === undefined) return reply.callNotFound();
    return reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page(assets, domain, path));
  });
  app.get('/chat/start.js', async (_request, reply) =>
    reply.header('cache-control', 'no-cache').type('text/javascript; charset=utf-8').send(START),
  );
}

function page(assets: string, domain: string, websocket: string): string {
  const data = { assets, domain, websocket };
  const attributes = Object.entries(data).map(([name, value]) => `data-${name}="${escapeAttribute(value)}"`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Chat: ${escapeAttribute(domain)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${assets}/converse.min.css">
<script type="module" src="/chat/start.js"></script>
</head>
<body class="converse-fullscreen" ${attributes.join(' ')}>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`;
}

/**
 * Runs in the browser. What converse.js would ask other servers for is off: the list of public providers, and the
 * search for connection methods; so is OMEMO, whose library it loads at run time. It looks for rooms at the service of
 * this domain. Its footer would show pictures from conversejs.org: an element that is defined already is not defined
 * again.
 */
const START = `const { assets, domain, websocket } = document.body.dataset;
const url = new URL(websocket, location.href);
url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
customElements.define('converse-footer', class extends HTMLElement {});
const { default: converse } = await import(assets + '/converse.min.js');
converse.initialize({
  view_mode: 'fullscreen',
  authentication: 'login',
  assets_path: assets,
  websocket_url: url.href,
  default_domain: domain,
  muc_search_service: 'conference.' + domain,
  discover_connection_methods: false,
  allow_registration: false,
  xmpp_providers_url: '',
  blacklisted_plugins: ['converse-omemo'],
  show_client_info: false,
});
`;
