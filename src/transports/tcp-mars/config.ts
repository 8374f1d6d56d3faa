import { z } from 'zod';
import { managementOptions, tcpListenerOptions } from '#core';
import { goimOptions } from './goim/config.ts';
import { routerOptions } from './router/config.ts';

const { address, backlog, port, proxy_protocol } = tcpListenerOptions;

export const configSchema = z.strictObject({
  port: port.default(9080),
  address: address.default('127.0.0.1'),
  dialect: z
    .enum(['mars', 'goim'])
    .default('mars')
    .describe('What the frames mean: the protocol of proto/tharsis.proto, or that of goim, for old clients of it'),
  encryption: z
    .enum(['required', 'optional', 'off'])
    .default('required')
    .describe(
      'Whether clients have to encrypt, by TLS on the same port or by the Noise handshake of the protocol; off: TLS only, for who likes',
    ),
  proxy_protocol,
  backlog,
  idle_seconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(900)
    .describe('Silence after which a connection is closed. Clients of Mars send a heartbeat every 210 to 580 s'),
  ...managementOptions,
  ask_after_stanzas: managementOptions.ask_after_stanzas.default(50),
  requests_per_second: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(100)
    .describe('Requests of one connection that are looked at in a second; after quiet ones, twice as many'),
  pending_requests: z
    .int()
    .min(1)
    .max(10_000)
    .default(100)
    .describe('Most requests of one connection that wait for the answer of somebody else'),
  remembered_messages: z
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe(
      'The latest messages of a session whose ids are known, so that one that is sent again is not delivered again',
    ),
  ...routerOptions,
  ...goimOptions,
});

export type MarsConfig = z.output<typeof configSchema>;
