/** One address that HTTP is served on */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type FastifyInstance, type FastifyReply, fastify } from 'fastify';
import {
  type AlternativeConnection,
  clientAddress,
  type HttpListener,
  type HttpListenerOptions,
  listenAddress,
  MOST_WAITING,
  type ProxyEnvironment,
  type TlsContexts,
  type UpgradeHandler,
  UpgradeRefused,
} from '#core';
import { type ApiParts, api } from './api.ts';
import type { BearerParts } from './bearer.ts';
import type { ChatClient } from './chat-client.ts';
import { chatPage } from './chat-page.ts';
import { answerFaults, answerPlainly } from './faults.ts';
import { hostMeta } from './host-meta.ts';
import { HttpConnections } from './http-connections.ts';
import { metricsRoute } from './metrics.ts';
import { Routes } from './routes.ts';
import { scenePage } from './scene-page.ts';
import { createSocketServer } from './socket-server.ts';
import { startPage } from './start-page.ts';
import { refuseUpgrade } from './upgrade.ts';

export interface EndpointParts extends ProxyEnvironment {
  readonly tls: TlsContexts;
  readonly domain: string;
  /** Undefined: no chat page. */
  readonly chatClient: ChatClient | undefined;
  /** Undefined: nobody has a token. */
  readonly bearer: BearerParts | undefined;
  readonly hasScenePage: boolean;
  /** Undefined: neither /v1 nor /metrics. */
  readonly api: (ApiParts & { readonly bodyBytes: number }) | undefined;
  closed(): void;
}

/** Largest body of a request, in bytes; nothing that is served takes one, but for /v1. */
const BODY_LIMIT = 16_384;

export class HttpEndpoint {
  readonly #app: FastifyInstance;
  readonly #parts: EndpointParts;
  readonly #connections: HttpConnections;
  readonly #upgrades = new Map<string, UpgradeHandler>();
  readonly #routes: Routes;
  readonly #announced: AlternativeConnection[] = [];
  #users = 0;

  private constructor({ tls, proxies = [] }: HttpListenerOptions, parts: EndpointParts) {
    this.#parts = parts;
    this.#connections = new HttpConnections(parts.connections);
    this.#routes = new Routes(parts);
    this.#app = fastify({
      bodyLimit: BODY_LIMIT,
      keepAliveTimeout: 10_000,
      frameworkErrors: (_error, _request, reply) => void answerPlainly(reply as FastifyReply, 400),
      serverFactory: (handler) => {
        const connections = this.#connections;
        const server = createSocketServer(this.#routes.before(handler), {
          ...{ tls: tls ? parts.tls : undefined, proxies, environment: parts },
          opened: (socket) => connections.opened(socket),
        });
        server.on('request', (request, response) => connections.asked(request, response));
        server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
        return server;
      },
    });
  }

  /** Rejects when the address cannot be listened on. */
  static async open(options: HttpListenerOptions, parts: EndpointParts): Promise<HttpEndpoint> {
    const endpoint = new HttpEndpoint(options, parts);
    await endpoint.#listen(options);
    return endpoint;
  }

  /** The endpoint for one more user. */
  share(): HttpListener {
    this.#users++;
    let isStopped = false;
    const { address, port } = this.#bound;
    return {
      address,
      port,
      upgrade: (path, handler) => {
        if (this.#upgrades.has(path)) throw new Error(`${path} is served on ${address} port ${port} already`);
        this.#upgrades.set(path, handler);
      },
      announce: (connection) => void this.#announced.push(connection),
      route: (route) => this.#routes.add(route),
      stop: () => {
        if (isStopped) return;
        isStopped = true;
        if (--this.#users === 0) this.#close();
      },
    };
  }

  async #listen({ address, port }: HttpListenerOptions): Promise<void> {
    const app = this.#app;
    const { log, domain, chatClient, hasScenePage, api: commands } = this.#parts;
    answerFaults(app, log);
    await app.register(hostMeta, { announced: this.#announced });
    const websocket = () => this.#announced.find(({ rel }) => rel === 'urn:xmpp:alt-connections:websocket')?.path;
    if (chatClient !== undefined) await app.register(chatPage, { client: chatClient, domain, websocket });
    if (hasScenePage) await app.register(scenePage, { domain, websocket });
    await app.register(startPage, { domain, hasChat: chatClient !== undefined, hasScene: hasScenePage });
    if (commands !== undefined) {
      await app.register(api, { ...commands, log, prefix: '/v1' });
      this.#routes.add(metricsRoute(() => commands.metrics()));
    }
    await app.listen({ host: listenAddress(address), port, backlog: MOST_WAITING });
  }

  get #bound(): { address: string; port: number } {
    const bound = this.#app.server.address();
    if (bound === null || typeof bound === 'string') throw new Error('an HTTP server has an address and a port');
    return bound;
  }

  /** What was upgraded lives on: it belongs to who took it. */
  #close(): void {
    this.#parts.closed();
    this.#app
      .close()
      .catch((error: unknown) => this.#parts.log.error({ err: error }, 'an HTTP listener did not close'));
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', destroy);
    const [path = ''] = (request.url ?? '').split('?', 1);
    try {
      const handler = this.#upgrades.get(path);
      if (handler === undefined) throw new UpgradeRefused(404, 'nothing to upgrade to here');
      handler(request, socket, head);
      this.#connections.left(socket);
    } catch (error) {
      const { log } = this.#parts;
      const peer = clientAddress(request.socket);
      if (error instanceof UpgradeRefused) {
        log.info({ peer, path, status: error.status, reason: error.message }, 'upgrade refused');
        refuseUpgrade(socket, error);
      } else {
        log.error({ err: error, peer, path }, 'an upgrade failed');
        refuseUpgrade(socket, new UpgradeRefused(500, 'internal server error'));
      }
    }
  }
}

function destroy(this: Duplex): void {
  this.destroy();
}
