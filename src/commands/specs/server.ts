/** The commands on the server. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

export const serverStatus = {
  name: 'server.status',
  summary: 'Show what the server serves and how it is',
  input: z.strictObject({}),
  output: z.object({
    version: z.string(),
    node: z.string(),
    pid: z.int(),
    started: z.iso.datetime(),
    uptime_seconds: z.int(),
    /** Resident set, in bytes. */
    memory_bytes: z.int(),
    sessions: z.int(),
    hosts: z.array(z.object({ domain: z.string(), sessions: z.int() })),
    listeners: z.array(
      z.object({
        transport: z.string(),
        address: z.string(),
        port: z.int(),
        tls: z.string().optional(),
        /** In base64, where clients have to know it beforehand. */
        public_key: z.string().optional(),
      }),
    ),
  }),
  reads: true,
} as const satisfies CommandSpec;

export const serverReload = {
  name: 'server.reload',
  summary: 'Read configuration and certificates again, and apply what can be applied now',
  input: z.strictObject({}),
  output: z.object({
    changes: z.array(
      z.object({ path: z.string(), before: z.unknown(), after: z.unknown(), reload: z.enum(['live', 'restart']) }),
    ),
  }),
} as const satisfies CommandSpec;

export const serverStop = {
  name: 'server.stop',
  summary: 'Stop the server: every stream gets system-shutdown',
  input: z.strictObject({}),
  output: z.object({ pid: z.int() }),
} as const satisfies CommandSpec;
