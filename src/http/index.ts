/** One HTTP server for everything that speaks HTTP: its listeners, and the pages all of them have */
import type { HttpConfig, HttpFace, HttpListenerOptions, Logger, OpenConnections, TlsContexts } from '#core';
import { findChatClient } from './chat-client.ts';
import { HttpEndpoint } from './endpoint.ts';

export interface HttpParts {
  readonly tls: TlsContexts;
  readonly log: Logger;
  readonly connections: OpenConnections;
  /** Who has no domain in the address typed into the chat page belongs to this host. */
  readonly domain: string;
  readonly config: HttpConfig;
}

export function createHttp({ tls, log, connections, domain, config }: HttpParts): HttpFace {
  const chatClient = config.chat_page ? findChatClient() : undefined;
  if (config.chat_page && chatClient === undefined) {
    log.warn({}, 'converse.js is not installed: /chat is not served');
  }
  const endpoints = new Map<string, Promise<HttpEndpoint>>();
  return {
    async listen(options) {
      const key = keyOf(options);
      let opening = endpoints.get(key);
      if (opening === undefined) {
        opening = HttpEndpoint.open(options, {
          ...{ tls, log, connections, domain, chatClient },
          closed: () => endpoints.delete(key),
        });
        endpoints.set(key, opening);
        opening.catch(() => endpoints.delete(key));
      }
      return (await opening).share();
    },
  };
}

function keyOf({ address, port, tls }: HttpListenerOptions): string {
  return `${address} ${port} ${tls}`;
}
