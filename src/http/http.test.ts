import { once } from 'node:events';
import { get } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type HttpListener, type HttpRequest, OpenConnections, Wheel } from '#core';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type LogLine, quietLog } from '../../test/support/quiet-log.ts';
import { createHttp, type HttpParts } from './index.ts';

const WEBSOCKET = {
  rel: 'urn:xmpp:alt-connections:websocket',
  path: '/xmpp-websocket',
  schemes: ['ws', 'wss'],
} as const;

const listeners: HttpListener[] = [];

afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.stop();
});

const parts = (changes: Partial<HttpParts> = {}): HttpParts => ({
  tls: {
    requestsClientCertificates: false,
    context() {
      throw new Error('these listeners are without TLS');
    },
    peerContext() {
      throw new Error('no server comes here');
    },
  },
  log: quietLog(),
  wheel: new Wheel(new ManualClock()),
  connections: new OpenConnections(),
  domain: 'example.org',
  config: { chat_page: true, scene_page: true, api: 'off', api_body_bytes: 1_024 },
  ...changes,
});

async function listen(changes: Partial<HttpParts> = {}): Promise<{ listener: HttpListener; url: string }> {
  const listener = await createHttp(parts(changes)).listen({ address: '127.0.0.1', port: 0, tls: false });
  listeners.push(listener);
  return { listener, url: `http://127.0.0.1:${listener.port}` };
}

/** Asks with headers that fetch does not let a program choose. */
async function ask(port: number, path: string, headers: Record<string, string>) {
  const [answer] = await once(get({ port, path, headers }), 'response');
  return { status: answer.statusCode as number, body: await text(answer) };
}

describe('host-meta', () => {
  it('lists what is announced as XRD, for pages of any origin', async () => {
    const { listener, url } = await listen();
    listener.announce(WEBSOCKET);
    const answer = await fetch(`${url}/.well-known/host-meta`);
    expect(answer.headers.get('content-type')).toBe('application/xrd+xml; charset=utf-8');
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.text()).toBe(
      '<?xml version="1.0" encoding="utf-8"?>\n' +
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">' +
        `<Link rel="urn:xmpp:alt-connections:websocket" href="ws://127.0.0.1:${listener.port}/xmpp-websocket"/></XRD>\n`,
    );
  });

  it('lists the same as JSON', async () => {
    const { listener, url } = await listen();
    listener.announce(WEBSOCKET);
    const answer = await fetch(`${url}/.well-known/host-meta.json`);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
    expect(await answer.json()).toEqual({
      links: [{ rel: 'urn:xmpp:alt-connections:websocket', href: `ws://127.0.0.1:${listener.port}/xmpp-websocket` }],
    });
  });

  it('uses the authority the client used', async () => {
    const { listener } = await listen();
    listener.announce(WEBSOCKET);
    for (const host of ['chat.example.org', 'chat.example.org:8443', '[::1]:5280']) {
      const { body } = await ask(listener.port, '/.well-known/host-meta', { host });
      expect(body).toContain(`href="ws://${host}/xmpp-websocket"`);
    }
  });

  it.each(['example.org/x', '"><script>', 'user@example.org', 'example.org:port', '[::1'])(
    'refuses the Host header %s',
    async (host) => {
      const { listener } = await listen();
      listener.announce(WEBSOCKET);
      expect(await ask(listener.port, '/.well-known/host-meta', { host })).toEqual({
        status: 400,
        body: 'Bad Request\n',
      });
    },
  );
});

describe('the pages', () => {
  it('start at one that leads to the chat', async () => {
    const { url } = await listen();
    expect(await (await fetch(url)).text()).toContain('<a href="/chat">');
  });

  it('have a chat that loads nothing from elsewhere', async () => {
    const { listener, url } = await listen();
    listener.announce(WEBSOCKET);
    const page = await fetch(`${url}/chat`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    const html = await page.text();
    expect(html).toContain('data-domain="example.org" data-websocket="/xmpp-websocket"');
    const assets = /data-assets="([^"]+)"/.exec(html)?.[1];
    for (const [file, type] of [
      ['converse.min.js', 'javascript'],
      ['converse.min.css', 'text/css'],
      ['emoji.json', 'application/json'],
    ]) {
      const answer = await fetch(`${url}${assets}/${file}`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-type')).toContain(type);
      expect(answer.headers.get('cache-control')).toContain('immutable');
      await answer.body?.cancel();
    }
  });

  it('show of the chat client its files and nothing around them', async () => {
    const { listener, url } = await listen();
    listener.announce(WEBSOCKET);
    const assets = /data-assets="([^"]+)"/.exec(await (await fetch(`${url}/chat`)).text())?.[1];
    for (const path of ['', '/', '/nothing', '/..%2fpackage.json', '/%2e%2e/package.json', '/../package.json']) {
      expect([403, 404]).toContain((await ask(listener.port, assets + path, {})).status);
    }
  });

  it('have no chat on a listener without a WebSocket transport', async () => {
    const { url } = await listen();
    expect((await fetch(`${url}/chat`)).status).toBe(404);
  });

  it('have no chat when the configuration says so', async () => {
    const { listener, url } = await listen({
      config: { chat_page: false, scene_page: false, api: 'off', api_body_bytes: 1_024 },
    });
    listener.announce(WEBSOCKET);
    expect((await fetch(`${url}/chat`)).status).toBe(404);
    expect(await (await fetch(url)).text()).not.toContain('/chat');
  });

  it('cannot be framed, sniffed or left with a referrer', async () => {
    const { url } = await listen();
    for (const path of ['/', '/nothing']) {
      const { headers } = await fetch(url + path);
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
    }
  });
});

describe('what is not served', () => {
  it.each([
    ['an unknown path', '/nothing', 404],
    ['a path that cannot be decoded', '/%zz', 400],
  ])('is answered with its status alone: %s', async (_what, path, status) => {
    const { listener } = await listen();
    const answer = await ask(listener.port, path, {});
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+\n$/);
  });

  it('is a body, and the listener goes on', async () => {
    const { url } = await listen();
    const answer = await fetch(`${url}/`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(answer.status).toBe(413);
    expect((await fetch(url)).status).toBe(200);
  });

  it('is an upgrade of an unknown path', async () => {
    const { listener } = await listen();
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    expect((await ask(listener.port, '/nothing', headers)).status).toBe(404);
  });

  it('is an upgrade whose handler fails: 500, a log line, and no word of the cause', async () => {
    const lines: LogLine[] = [];
    const { listener } = await listen({ log: quietLog(lines) });
    listener.upgrade('/broken', () => {
      throw new Error('the cause');
    });
    const answer = await ask(listener.port, '/broken', { connection: 'upgrade', upgrade: 'websocket' });
    expect(answer).toEqual({ status: 500, body: 'internal server error\n' });
    expect(lines).toEqual([expect.objectContaining({ level: 'error', message: 'an upgrade failed' })]);
  });

  it('is something else than HTTP', async () => {
    const { listener, url } = await listen();
    const socket = connectTcp(listener.port, '127.0.0.1');
    socket.write("<stream:stream xmlns='jabber:client' to='example.org'>");
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('a listener', () => {
  it('is shared by all who ask for its address, and closes when the last has stopped it', async () => {
    const http = createHttp(parts());
    const options = { address: '127.0.0.1', port: 0, tls: false };
    const [first, second] = await Promise.all([http.listen(options), http.listen(options)]);
    listeners.push(first, second);
    expect(second.port).toBe(first.port);
    first.upgrade('/one', () => {});
    expect(() => second.upgrade('/one', () => {})).toThrow('/one is served');
    await first.stop();
    await first.stop();
    expect((await fetch(`http://127.0.0.1:${first.port}/`)).status).toBe(200);
    await second.stop();
    await expect(fetch(`http://127.0.0.1:${first.port}/`)).rejects.toThrow();
  });

  it('is refused when the port is taken, and can be tried again', async () => {
    const { listener } = await listen();
    const http = createHttp(parts());
    const options = { address: '127.0.0.1', port: listener.port, tls: false };
    await expect(http.listen(options)).rejects.toThrow('EADDRINUSE');
    await expect(http.listen(options)).rejects.toThrow('EADDRINUSE');
  });
});

it('a path that is a transport’s has the whole query, with the question marks in it', async () => {
  const { listener, url } = await listen();
  const answer = ({ query }: HttpRequest) => ({
    status: 200,
    type: 'application/json',
    body: JSON.stringify([...query]),
  });
  listener.route({ method: 'GET', path: '/told', bodyBytes: 0, answer });
  const told = async (query: string) => (await fetch(`${url}/told${query}`)).json();
  expect(await told('?a=1?2&b=?')).toEqual([
    ['a', '1?2'],
    ['b', '?'],
  ]);
  expect([await told(''), await told('?')]).toEqual([[], []]);
});
