/** The commands of module rpc. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const host = z.string().min(1).optional().describe('Domain of the users, where the server has several');

export const rpcNotify = {
  name: 'rpc.notify',
  summary: 'Tell users something of a service, wherever they are logged in; nothing is kept for those who are not',
  input: z.strictObject({
    service: z.string().min(1).max(128).describe('Name of the service'),
    type: z.string().min(1).max(128).describe('Which notification it is: a word'),
    users: z
      .array(z.string().min(1).max(3_071))
      .min(1)
      .max(1_000)
      .describe('Bare JIDs for all sessions of users, full JIDs for one session'),
    body: z.base64().max(699_052).default('').describe('What it says, in Base64'),
    headers: z
      .array(z.string().regex(/^[^:]+: ?/))
      .max(1_000)
      .default([])
      .describe('Headers, each as `name: value`'),
    host,
  }),
  output: z.object({
    /** How many sessions are told. */
    sessions: z.int(),
  }),
  positional: ['service', 'type'],
} as const satisfies CommandSpec;

export const rpcBackends = {
  name: 'rpc.backends',
  summary: 'Show the backends that services are called at, and how their instances are',
  input: z.strictObject({ host }),
  output: z.object({
    instances: z.array(
      z.object({
        backend: z.string(),
        instance: z.string(),
        /** closed: it is called; open: it is left alone; half-open: the next call tries it. */
        circuit: z.enum(['closed', 'open', 'half-open']),
        under_way: z.int(),
        calls: z.int(),
        failures: z.int(),
      }),
    ),
  }),
  reads: true,
} as const satisfies CommandSpec;
