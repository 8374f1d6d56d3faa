/** docs/protocol/rpc.md §8.1: the backend of kind http, with a real service */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { startMars } from '../support/mars-server.ts';
import { withShop } from '../support/scripted-backend.ts';
import { gameCaller } from './callers.ts';
import { describeBackend, type Reply, type Seen, type Service } from './describe-backend.ts';

type Respond = (response: ServerResponse, call: Seen) => void;

class HttpService implements Service {
  readonly seen: Seen[] = [];
  answer: (call: Seen) => Reply | 'silence' = () => ({});
  /** What a lying service does instead of an answer. */
  respond: Respond | undefined;
  connections = 0;
  #server: Server;
  #port = 0;

  constructor() {
    this.#server = this.#create();
  }

  get config(): object {
    return { kind: 'http', urls: [`http://127.0.0.1:${this.#port}/rpc`], authorization: 'Bearer b' };
  }

  async start(): Promise<void> {
    this.#server = this.#create().listen(this.#port, '127.0.0.1');
    this.#server.on('connection', () => this.connections++);
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #create(): Server {
    return createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => this.#take(request, Buffer.concat(parts), response));
    });
  }

  #take({ url = '', headers: fields }: IncomingMessage, body: Buffer, response: ServerResponse): void {
    const [, base, service = '', method = ''] = url.split('/');
    expect([base, fields.authorization, fields['content-type']]).toEqual([
      'rpc',
      'Bearer b',
      'application/octet-stream',
    ]);
    const headers = Object.entries(fields).map(([name, value]) => [
      name.replace(/^rpc-header-/, ''),
      decodeURIComponent(`${value}`),
    ]);
    const call = { service, method, body, headers: Object.fromEntries(headers) };
    this.seen.push(call);
    if (this.respond !== undefined) return this.respond(response, call);
    const reply = this.answer(call);
    if (reply === 'silence') return;
    response.setHeader('content-type', 'application/octet-stream');
    if (reply.code !== undefined) response.setHeader('rpc-code', reply.code);
    if (reply.text !== undefined) response.setHeader('rpc-text', encodeURIComponent(reply.text));
    for (const [name, value] of Object.entries(reply.headers ?? {})) {
      response.setHeader(`rpc-header-${name}`, encodeURIComponent(value));
    }
    response.end(reply.body);
  }
}

let latest: HttpService;
async function service(): Promise<HttpService> {
  latest = new HttpService();
  await latest.start();
  return latest;
}

describeBackend({ name: 'a service behind HTTP', service }, () => {
  afterEach(() => latest.stop());

  async function start(more: object = {}) {
    const { config } = await service();
    const mars = await startMars(withShop({ ...config, ...more }));
    return gameCaller(mars);
  }

  it('is called over connections that are used again', async () => {
    const caller = await start();
    for (let count = 0; count < 20; count++) expect(await caller.call('Buy')).toMatchObject({ code: 0 });
    expect(latest.connections).toBe(1);
  });

  it('is called over so many connections at once, and no more', async () => {
    const caller = await start({ connections: 2 });
    const waiting: ServerResponse[] = [];
    latest.respond = (response) => waiting.push(response);
    const answers = [1, 2, 3, 4].map(() => caller.call('Buy'));
    await expect.poll(() => waiting.length).toBe(2);
    latest.respond = undefined;
    for (const response of waiting) response.end();
    expect((await Promise.all(answers)).map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(latest.connections).toBe(2);
  });

  it('is told how long it has, and whether an answer is wanted', async () => {
    const caller = await start();
    await caller.call('Buy');
    await caller.callOneWay('Log');
    await expect.poll(() => latest.seen.length).toBe(2);
    expect(latest.seen.map(({ headers }) => [headers['tharsis-timeout'], headers['tharsis-one-way']])).toEqual([
      ['5000', undefined],
      ['5000', 'true'],
    ]);
  });

  it('gets headers of clients under a prefix, so that they set no field of HTTP', async () => {
    const caller = await start();
    const headers = { authorization: 'mine', host: 'elsewhere', 'transfer-encoding': 'chunked', 'content-length': '1' };
    expect(await caller.call('Buy', Buffer.from('sword'), headers)).toMatchObject({ code: 0 });
    expect(Buffer.from(latest.seen[0]?.body ?? []).toString()).toBe('sword');
  });

  it('is not called with headers that are too long when they are encoded, and told from one that fails', async () => {
    const caller = await start();
    const headers = { first: '日'.repeat(1_200), second: '本'.repeat(1_200) };
    for (let count = 0; count < 6; count++) {
      expect(await caller.call('Buy', undefined, headers)).toEqual({ condition: 'policy-violation' });
    }
    expect(latest.seen).toEqual([]);
    expect(await caller.call('Buy', undefined, { first: headers.first })).toMatchObject({ code: 0 });
  });

  it.each<[string, string, Respond]>([
    ['a limit to headers', 'policy-violation', (response) => response.writeHead(431).end()],
    ['a status of refusal', 'code 404 Not Found', (response) => response.writeHead(404).end('<h1>Not here</h1>')],
    ['no content', 'code 0 ', (response) => response.writeHead(204).end()],
    ['a redirect', 'internal-server-error', (response) => response.writeHead(302, { location: '/' }).end()],
    ['an error of its own', 'internal-server-error', (response) => response.writeHead(500).end()],
    ['a gateway without a service', 'recipient-unavailable', (response) => response.writeHead(502).end()],
    ['too much to do', 'recipient-unavailable', (response) => response.writeHead(503).end()],
    ['a page for people', 'internal-server-error', html],
    ['a code that is none', 'internal-server-error', (response) => response.setHeader('rpc-code', 'ok').end()],
    ['a code that is too large', 'internal-server-error', (response) => response.setHeader('rpc-code', 2 ** 31).end()],
    [
      'a header that is not encoded',
      'internal-server-error',
      (response) => response.setHeader('rpc-header-a', '%').end(),
    ],
    ['an answer that stops in the middle', 'recipient-unavailable', half],
    [
      'more headers than Node.js takes',
      'internal-server-error',
      (response) => response.setHeader('a', 'b'.repeat(20_000)).end(),
    ],
  ])('that answers with %s is: %s', async (_, outcome, respond) => {
    const caller = await start();
    latest.respond = respond;
    const { condition, code, text, body = '' } = await caller.call('Buy');
    expect(condition ?? `code ${code} ${text}`).toBe(outcome);
    expect(body).toBe('');
    latest.respond = undefined;
    expect(await caller.call('Buy')).toMatchObject({ code: 0 });
  });

  it('that speaks no HTTP gives no answer', async () => {
    const caller = await start();
    const port = Number(/:(\d+)/.exec(JSON.stringify(latest.config))?.[1]);
    await latest.stop();
    const liar = createTcpServer((socket) => socket.on('error', () => {}).end('220 mail.example ESMTP\r\n')).listen(
      port,
      '127.0.0.1',
    );
    await once(liar, 'listening');
    expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
    liar.close();
  });

  it('that never ends its answer is given up at the limit', async () => {
    const caller = await start();
    latest.respond = (response) => {
      response.setHeader('content-type', 'application/octet-stream');
      const more = (): void => {
        while (response.write(Buffer.alloc(10_000)));
        response.once('drain', more);
      };
      more();
    };
    expect(await caller.call('Buy')).toEqual({ condition: 'internal-server-error' });
  });
});

function html(response: ServerResponse): void {
  response.setHeader('content-type', 'text/html').end('<form>Log in</form>');
}

function half(response: ServerResponse): void {
  response.setHeader('content-length', '100').write('half', () => response.destroy());
}
