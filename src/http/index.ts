/** One HTTP server for everything that speaks HTTP: its listeners, and the pages all of them have */
import type { HttpConfig, HttpFace, HttpListenerOptions, ProxyEnvironment, TlsContexts } from '#core';
import { findChatClient } from './chat-client.ts';
import { HttpEndpoint } from './endpoint.ts';

export interface HttpParts extends ProxyEnvironment {
  readonly tls: TlsContexts;
  /** Who has no domain in the address typed into the chat page belongs to this host. */
  readonly domain: string;
  readonly config: HttpConfig;
}

export function createHttp({ config, ...parts }: HttpParts): HttpFace {
  const { log } = parts;
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
        opening = HttpEndpoint.open(options, { ...parts, chatClient, closed: () => endpoints.delete(key) });
        endpoints.set(key, opening);
        opening.catch(() => endpoints.delete(key));
      }
      return (await opening).share();
    },
  };
}

function keyOf({ address, port, tls, proxies = [] }: HttpListenerOptions): string {
  return `${address} ${port} ${tls} ${proxies}`;
}
