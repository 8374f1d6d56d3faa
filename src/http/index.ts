/** One HTTP server for everything that speaks HTTP: its listeners, and the pages all of them have */
import type { HttpConfig, HttpFace, HttpListenerOptions, ProxyEnvironment, TlsContexts } from '#core';
import type { ApiParts } from './api.ts';
import { findChatClient } from './chat-client.ts';
import { HttpEndpoint } from './endpoint.ts';

export interface HttpParts extends ProxyEnvironment {
  readonly tls: TlsContexts;
  /** Who has no domain in the address typed into the chat page belongs to this host. */
  readonly domain: string;
  readonly config: HttpConfig;
  /** What /v1 and /metrics work with; undefined: there are none. */
  readonly api?: ApiParts | undefined;
}

export function createHttp({ config, api, ...parts }: HttpParts): HttpFace {
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
        const bodyBytes = config.api_body_bytes;
        const served = api !== undefined && isApiServed(options, config.api) ? { ...api, bodyBytes } : undefined;
        opening = HttpEndpoint.open(options, {
          ...parts,
          chatClient,
          bearer: api && { ...api, log },
          hasScenePage: config.scene_page,
          api: served,
          closed: () => endpoints.delete(key),
        });
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

/** A proxy that sends PROXY headers brings clients from anywhere to an address that looks like this machine's own. */
function isApiServed({ address, tls, proxies = [] }: HttpListenerOptions, mode: HttpConfig['api']): boolean {
  const isLoopback = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(address);
  if (mode === 'on') return tls || isLoopback;
  return mode === 'loopback' && isLoopback && proxies.length === 0;
}
