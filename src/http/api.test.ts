import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  ApiTokens,
  CommandRegistry,
  createMemoryStorage,
  defineCommand,
  HTTP_STATUS,
  type HttpConfig,
  type HttpListener,
  type HttpListenerOptions,
  LoginLimiter,
  OpenConnections,
  STANZA_CONDITIONS,
  type StanzaCondition,
  StanzaError,
  Wheel,
} from '#core';
import { ManualClock } from '../../test/support/manual-clock.ts';
import { type LogLine, quietLog } from '../../test/support/quiet-log.ts';
import { createHttp } from './index.ts';

const BODY_BYTES = 2_000;

const commands = new CommandRegistry();
commands.add(
  defineCommand({
    name: 'text.repeat',
    summary: 'Repeat',
    input: z.strictObject({
      words: z.array(z.string()).default([]),
      times: z.int().max(3).default(1),
      loud: z.boolean().default(false),
    }),
    output: z.object({ text: z.string() }),
    reads: true,
    run({ words, times, loud }) {
      const once = words.join(' ');
      return {
        text: Array(times)
          .fill(loud ? once.toUpperCase() : once)
          .join(' '),
      };
    },
  }),
);
commands.add(
  defineCommand({
    name: 'text.refuse',
    summary: 'Refuse',
    input: z.strictObject({ with: z.string().default('broken') }),
    output: z.object({}),
    run({ with: condition }) {
      if (condition === 'broken') throw new Error('a secret of the inside');
      throw new StanzaError(condition as StanzaCondition, 'because');
    },
  }),
);
commands.add(
  defineCommand({
    name: 'door.open',
    summary: 'What only those may who may all',
    input: z.strictObject({}),
    output: z.object({ isOpen: z.boolean() }),
    needsAdmin: true,
    run: () => ({ isOpen: true }),
  }),
);

let clock: ManualClock;
let tokens: ApiTokens;
let lines: LogLine[];
let listener: HttpListener;
const open: HttpListener[] = [];

const certificates = {
  requestsClientCertificates: false,
  context() {
    throw new Error('nobody shakes hands here');
  },
  peerContext() {
    throw new Error('no server comes here');
  },
};

async function serve(
  options: Partial<HttpListenerOptions> = {},
  mode: HttpConfig['api'] = 'loopback',
): Promise<HttpListener> {
  const http = createHttp({
    ...{ tls: certificates, log: quietLog(lines), wheel: new Wheel(clock), connections: new OpenConnections() },
    domain: 'example.org',
    config: { chat_page: false, scene_page: false, api: mode, api_body_bytes: BODY_BYTES },
    api: {
      commands,
      tokens,
      limiter: new LoginLimiter(clock, () => ({ failures: 3, windowMs: 60_000 })),
      metrics: () => [],
    },
  });
  const opened = await http.listen({ address: '127.0.0.1', port: 0, tls: false, ...options });
  open.push(opened);
  return opened;
}

beforeEach(async () => {
  clock = new ManualClock();
  tokens = new ApiTokens(createMemoryStorage().stores(''), clock);
  lines = [];
  listener = await serve();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.stop();
});

const tokenFor = async (...scopes: string[]) => (await tokens.create({ label: '', scopes, expires: undefined })).text;

interface Asked {
  readonly token?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function ask(method: string, path: string, { token, body, headers = {} }: Asked = {}) {
  const sent = request({
    ...{ port: listener.port, host: '127.0.0.1', method, path, agent: false },
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
      ...headers,
    },
  });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const answered = await text(answer);
  return {
    status: answer.statusCode as number,
    headers: answer.headers as Record<string, string>,
    text: answered,
    body: answered === '' ? undefined : JSON.parse(answered),
  };
}

describe('/v1', () => {
  it('runs a command that reads under GET, with its input from the query', async () => {
    const token = await tokenFor('text:read');
    const { status, headers, body } = await ask('GET', '/v1/text/repeat?words=a&words=b&times=2&loud=true', { token });
    expect(status).toBe(200);
    expect(body).toEqual({ text: 'A B A B' });
    expect(headers['cache-control']).toBe('no-store');
    expect((await ask('GET', '/v1/text/repeat?words=a', { token })).body).toEqual({ text: 'a' });
  });

  it.each([
    'times=4',
    'times=many',
    'times=',
    'loud=perhaps',
    'times=1&times=2',
    'tunes=1',
    '__proto__=1',
    '__proto__=1&__proto__=2',
  ])('refuses the query %s, naming what does not fit', async (query) => {
    const { status, body } = await ask('GET', `/v1/text/repeat?${query}`, { token: await tokenFor('admin') });
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ condition: 'bad-request', issues: [expect.anything()] });
  });

  it('runs any other under POST, with its input from a JSON body, and tells its log who did it', async () => {
    const token = await tokenFor('admin');
    expect(await ask('POST', '/v1/door/open', { token, body: '{}' })).toMatchObject({
      status: 200,
      body: { isOpen: true },
    });
    expect(await ask('POST', '/v1/door/open', { token })).toMatchObject({ status: 200 });
    expect(lines.map(({ fields }) => fields)).toEqual(
      Array(2).fill({ command: 'door.open', token: token.split('.')[0], peer: '127.0.0.1' }),
    );
  });

  it('answers with the condition of the refusal, and a status for each', async () => {
    const token = await tokenFor('text:write');
    for (const condition of Object.keys(STANZA_CONDITIONS) as StanzaCondition[]) {
      const answered = await ask('POST', '/v1/text/refuse', { token, body: JSON.stringify({ with: condition }) });
      expect(answered.status).toBe(HTTP_STATUS[condition]);
      expect(answered.body).toEqual({ error: { condition, text: 'because' } });
    }
  });

  it('logs what went wrong inside, and does not tell it', async () => {
    const answered = await ask('POST', '/v1/text/refuse', { token: await tokenFor('admin'), body: '{}' });
    expect(answered).toMatchObject({ status: 500, body: { error: { condition: 'internal-server-error' } } });
    expect(answered.text).not.toContain('secret');
    expect(lines.at(-1)).toMatchObject({ level: 'error', message: 'a command failed' });
  });

  it.each([
    ['a body that is no JSON', { body: '{"with"' }, 400, 'bad-request'],
    ['a body that means harm', { body: '{"__proto__":{}}' }, 400, 'bad-request'],
    ['a body that is no object', { body: '[1]' }, 400, 'bad-request'],
    ['a field that is not known', { body: '{"how":1}' }, 400, 'bad-request'],
    ['another type', { body: 'with=conflict', headers: { 'content-type': 'text/plain' } }, 415, 'not-acceptable'],
    ['a body over the limit', { body: JSON.stringify({ with: 'x'.repeat(BODY_BYTES) }) }, 413, 'policy-violation'],
  ])('refuses %s', async (_what, asked, status, condition) => {
    const answered = await ask('POST', '/v1/text/refuse', { token: await tokenFor('admin'), ...asked });
    expect(answered).toMatchObject({ status, body: { error: { condition } } });
  });

  it('takes a body at the limit', async () => {
    const body = JSON.stringify({ with: 'conflict' }).padEnd(BODY_BYTES);
    expect((await ask('POST', '/v1/text/refuse', { token: await tokenFor('admin'), body })).status).toBe(409);
  });

  it('says which method a command has', async () => {
    const token = await tokenFor('admin');
    for (const [method, path, allow] of [
      ['POST', '/v1/text/repeat', 'GET'],
      ['HEAD', '/v1/text/repeat?words=a', 'GET'],
      ['GET', '/v1/door/open', 'POST'],
      ['DELETE', '/v1/door/open', 'POST'],
      ['OPTIONS', '/v1/door/open', 'POST'],
    ] as const) {
      expect(await ask(method, path, { token })).toMatchObject({ status: 405, headers: { allow } });
    }
  });

  it('answers what is not there', async () => {
    const token = await tokenFor('admin');
    expect(await ask('POST', '/v1/text/sing', { token, body: '{}' })).toMatchObject({
      status: 404,
      body: { error: { condition: 'item-not-found', text: 'there is no command text.sing' } },
    });
    for (const path of ['/v1', '/v1/', '/v1/text', '/v1/text/repeat/more', '/v1/%00/x']) {
      expect(await ask('GET', path, { token })).toMatchObject({ status: 404 });
    }
  });

  it('has nothing for pages of other origins', async () => {
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const method of ['OPTIONS', 'POST']) {
      const answered = await ask(method, '/v1/door/open', { headers, token: await tokenFor('admin') });
      expect(Object.keys(answered.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('a token', () => {
  it('is needed, and asked for as RFC 6750 §3 has it', async () => {
    for (const headers of [
      {},
      { authorization: 'Basic YTpi' },
      { authorization: 'Bearer' },
      { authorization: 'Bearer a b' },
    ]) {
      const answered = await ask('POST', '/v1/door/open', { headers: headers as Record<string, string>, body: '{}' });
      expect(answered).toMatchObject({ status: 401, body: { error: { condition: 'not-authorized' } } });
      expect(answered.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it('that is wrong is refused, and told from a missing one', async () => {
    const answered = await ask('POST', '/v1/door/open', { token: `${'0'.repeat(12)}.${'A'.repeat(43)}`, body: '{}' });
    expect(answered).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } });
  });

  it('that is wrong too often closes the address for a time, also for right ones', async () => {
    const token = await tokenFor('admin');
    for (let n = 0; n < 3; n++) expect((await ask('POST', '/v1/door/open', { token: 'wrong' })).status).toBe(401);
    expect(await ask('POST', '/v1/door/open', { token })).toMatchObject({ status: 429 });
    clock.advance(60_000);
    expect((await ask('POST', '/v1/door/open', { token })).status).toBe(200);
  });

  it('that expired or was revoked is a wrong one', async () => {
    const { text: short } = await tokens.create({ label: '', scopes: ['admin'], expires: clock.now() + 1 });
    const revoked = await tokenFor('admin');
    clock.advance(1);
    await tokens.revoke(revoked.split('.')[0] ?? '');
    for (const token of [short, revoked]) expect((await ask('POST', '/v1/door/open', { token })).status).toBe(401);
  });

  it.each([
    ['text:read', 200, 403, 403],
    ['text:write', 200, 409, 403],
    ['door:write', 403, 403, 403],
    ['admin', 200, 409, 200],
  ])('for %s reads with %i, writes with %i and opens with %i', async (scope, reads, writes, opens) => {
    const token = await tokenFor(scope);
    expect((await ask('GET', '/v1/text/repeat', { token })).status).toBe(reads);
    expect((await ask('POST', '/v1/text/refuse', { token, body: '{"with":"conflict"}' })).status).toBe(writes);
    expect((await ask('POST', '/v1/door/open', { token, body: '{}' })).status).toBe(opens);
  });

  it('without the scope is told which one is needed', async () => {
    const { headers, body } = await ask('GET', '/v1/text/repeat', { token: await tokenFor('door:read') });
    expect(headers['www-authenticate']).toBe('Bearer error="insufficient_scope", scope="text:read"');
    expect(body.error).toEqual({ condition: 'forbidden', text: 'the token is not for text:read' });
  });
});

describe('a listener has /v1', () => {
  it.each([
    ['off', { address: '127.0.0.1' }, 404],
    ['loopback', { address: '127.0.0.1' }, 200],
    ['loopback', { address: 'localhost' }, 200],
    ['loopback', { address: '*' }, 404],
    ['loopback', { address: '0.0.0.0' }, 404],
    ['on', { address: '127.0.0.1' }, 200],
    ['on', { address: '*' }, 404],
  ] as const)('with %s on %j: %i', async (mode, options, status) => {
    const { port } = await serve(options, mode);
    expect(
      (
        await fetch(`http://localhost:${port}/v1/openapi.json`).catch(() =>
          fetch(`http://127.0.0.1:${port}/v1/openapi.json`),
        )
      ).status,
    ).toBe(status);
  });
});

it('describes itself without a token', async () => {
  const { status, body } = await ask('GET', '/v1/openapi.json');
  expect(status).toBe(200);
  expect(Object.keys(body.paths)).toEqual(['/door/open', '/text/refuse', '/text/repeat']);
  expect(body.paths['/text/repeat'].get.security).toEqual([{ token: ['text:read'] }]);
  expect(body.paths['/door/open'].post.security).toEqual([{ token: ['admin'] }]);
});
