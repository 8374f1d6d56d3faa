/** Paths that transports answer themselves, before anything else is looked at */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { clientAddress, failed, type HttpAnswer, type HttpRoute, type Logger } from '#core';
import { type BearerParts, BearerRefused, checkScope, tokenOf } from './bearer.ts';
import { HEADERS } from './faults.ts';

export interface RoutesParts {
  readonly log: Logger;
  /** Undefined: nobody has a token. */
  readonly bearer: BearerParts | undefined;
}

export class Routes {
  readonly #parts: RoutesParts;
  readonly #byPath = new Map<string, HttpRoute>();

  constructor(parts: RoutesParts) {
    this.#parts = parts;
  }

  /** @throws Error when the path is taken */
  add(route: HttpRoute): void {
    if (this.#byPath.has(route.path)) throw new Error(`${route.path} is served already`);
    this.#byPath.set(route.path, route);
  }

  /** @param next gets what is for other paths */
  before(next: RequestListener): RequestListener {
    return (request, response) => {
      const { url = '' } = request;
      const [path = ''] = url.split('?', 1);
      const route = this.#byPath.get(path);
      if (route === undefined) return next(request, response);
      // RFC 3986 §3.4: a query may have question marks.
      this.#answer(route, request, new URLSearchParams(url.slice(path.length + 1))).then(
        (answer) => send(response, answer),
        (error) => this.#fail(error, request, response),
      );
    };
  }

  async #answer(route: HttpRoute, request: IncomingMessage, query: URLSearchParams): Promise<HttpAnswer> {
    const peer = clientAddress(request.socket);
    const { method, path, scope, bodyBytes } = route;
    if (scope !== undefined) {
      const { bearer } = this.#parts;
      if (bearer === undefined) throw new Error(`${path} needs tokens, and there are none`);
      checkScope(await tokenOf(request.headers.authorization, peer, bearer), scope(query));
    }
    if (request.method !== method) throw new MethodRefused(method, path);
    return route.answer({ query, body: await bodyOf(request, bodyBytes), peer });
  }

  #fail(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (response.destroyed) return;
    const { failure, headers } = refusalOf(error);
    if (failure.status >= 500) this.#parts.log.error({ err: error, url: request.url }, 'a request failed');
    // What is left of the request is not read.
    if (!request.complete) response.setHeader('connection', 'close');
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    send(response, { status: failure.status, type: 'application/json', body: JSON.stringify(failure.body) });
  }
}

class MethodRefused extends Error {
  readonly method: string;

  constructor(method: string, path: string) {
    super(`${path} is under ${method}`);
    this.method = method;
  }
}

class BodyTooLong extends Error {}

function refusalOf(error: unknown) {
  if (error instanceof BearerRefused) {
    const { failure, challenge } = error;
    return { failure, headers: challenge === undefined ? {} : { 'www-authenticate': challenge } };
  }
  if (error instanceof MethodRefused) {
    return { failure: failed('not-allowed', error.message, 405), headers: { allow: error.method } };
  }
  if (error instanceof BodyTooLong) return { failure: failed('policy-violation', error.message, 413), headers: {} };
  return { failure: failed('internal-server-error', 'the server failed at this; its log says why'), headers: {} };
}

/** Rejects with BodyTooLong, and leaves the rest unread: the connection has an answer to carry yet. */
function bodyOf(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) return void chunks.push(chunk);
      request.pause();
      reject(new BodyTooLong(`the body has more than ${limit} bytes`));
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
  });
}

function send(response: ServerResponse, { status, type, body }: HttpAnswer): void {
  const headers = { ...HEADERS, 'cache-control': 'no-store', 'content-type': type };
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
