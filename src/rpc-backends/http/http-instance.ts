/** One place where services answer HTTP, and the connections to it */
import { type ClientRequest, Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { type RpcAnswer, RpcFault, type RpcInstance, type RpcRequest } from '#core';
import { answerOf } from './answer.ts';
import { checkLength, requestHeaders } from './header-names.ts';
import type { HttpOptions } from './index.ts';

export class HttpInstance implements RpcInstance {
  readonly name: string;
  readonly #options: HttpOptions;
  readonly #agent: HttpAgent;
  readonly #request: typeof requestHttp;

  constructor(url: string, options: HttpOptions) {
    this.name = url.replace(/\/$/, '');
    this.#options = options;
    const pool = { keepAlive: true, maxSockets: options.connections, timeout: options.idle_seconds * 1_000 };
    const isSecure = new URL(url).protocol === 'https:';
    this.#agent = isSecure ? new HttpsAgent(pool) : new HttpAgent(pool);
    this.#request = isSecure ? requestHttps : requestHttp;
  }

  call(request: RpcRequest): Promise<RpcAnswer> {
    return new Promise((resolve, reject) => {
      const failed = (cause: Error): void => reject(faultOf(cause));
      const posted = this.#post(request, (response) => {
        answerOf(response, request, this.#options.content_type).then(resolve, (error: Error) => {
          // What else comes on this connection belongs to nobody.
          response.destroy();
          failed(error);
        });
      });
      posted.on('error', failed);
      posted.end(request.body);
    });
  }

  /** @throws RpcFault oversized */
  #post(request: RpcRequest, answered: (response: IncomingMessage) => void): ClientRequest {
    const { service, method, signal, body } = request;
    const headers = requestHeaders(request);
    const { authorization, content_type } = this.#options;
    if (authorization !== undefined) headers.authorization = authorization;
    headers['content-type'] = content_type;
    headers['content-length'] = String(body.length);
    const url = new URL(`${this.name}/${service}/${method}`);
    checkLength(url, headers);
    return this.#request(url, { method: 'POST', agent: this.#agent, headers, signal }, answered);
  }

  close(): void {
    this.#agent.destroy();
  }
}

function faultOf(cause: Error): RpcFault {
  if (cause instanceof RpcFault) return cause;
  // Of the parser of Node.js: what came is no HTTP.
  const isMalformed = (cause as NodeJS.ErrnoException).code?.startsWith('HPE_') ?? false;
  return new RpcFault(isMalformed ? 'malformed' : 'unavailable', cause.message, { cause });
}
