/** What a client is told before the server closes: FIN alone would make it come back at once */
import type { StreamError } from '#core';
import { type BodyInit, Command } from '#protocol/mars';
import { toExtension } from './stanza-mapping/extension.ts';

/** So that not everybody comes back together. */
const RETURN_MS = 5_000;

interface Farewell {
  readonly cmdid: number;
  readonly body: BodyInit;
}

export function farewell({ condition, text = '', application }: StreamError): Farewell {
  switch (condition) {
    case 'conflict':
      return kick({ reason: 'replaced', text, reconnect: false });
    case 'not-authorized':
      return kick({ reason: 'banned', text, reconnect: false });
    case 'system-shutdown':
      return kick({ reason: 'shutdown', text, reconnect: true, afterMs: Math.ceil(Math.random() * RETURN_MS) });
    case 'connection-timeout':
      return kick({ reason: 'idle', text, reconnect: true });
    case 'see-other-host':
      return {
        cmdid: Command.redirect,
        body: { payload: { case: 'redirect', value: { endpoints: endpoints(text) } } },
      };
  }
  const app = application && toExtension(application);
  const value = { condition, text, ...(app && { app }) };
  return { cmdid: Command.streamError, body: { payload: { case: 'streamError', value } } };
}

function kick(value: { reason: string; text: string; reconnect: boolean; afterMs?: number }): Farewell {
  return { cmdid: Command.kick, body: { payload: { case: 'kick', value } } };
}

/** RFC 6120 §4.9.3.19: a host, and perhaps a port after a colon. */
function endpoints(text: string): { host: string; port: number }[] {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return host === '' ? [] : [{ host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? 0) }];
}
