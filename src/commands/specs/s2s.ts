/** The commands on streams with other servers. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const remoteDomain = z.string().min(1).max(1023).describe('Domain of the other server, such as example.org');

export const s2sList = {
  name: 's2s.list',
  summary: 'List the streams with other servers, and the domains that cannot be reached',
  input: z.strictObject({
    domain: remoteDomain.optional().describe('Only those with this domain'),
    limit: z.int().min(1).max(10_000).default(1_000).describe('Most streams to list'),
  }),
  output: z.object({
    streams: z.array(
      z.object({
        domain: z.string(),
        host: z.string(),
        direction: z.enum(['incoming', 'outgoing', 'both']),
        state: z.string(),
        address: z.string().optional(),
        tls: z.string().optional(),
        /** EXTERNAL, dialback, or a certificate that made dialback needless. */
        proof: z.string().optional(),
        received: z.int(),
        sent: z.int(),
        waiting: z.int(),
        since: z.iso.datetime().optional(),
        failure: z.string().optional(),
      }),
    ),
    more: z.boolean(),
  }),
  positional: ['domain'],
  reads: true,
} as const satisfies CommandSpec;

export const s2sTest = {
  name: 's2s.test',
  summary: 'Open a stream to the server of a domain, and tell each step',
  input: z.strictObject({
    domain: remoteDomain,
    from: z.string().min(1).optional().describe('Which of our domains asks; default: the first'),
  }),
  output: z.object({ reached: z.boolean(), steps: z.array(z.object({ ms: z.int(), step: z.string() })) }),
  positional: ['domain'],
} as const satisfies CommandSpec;

export const s2sClose = {
  name: 's2s.close',
  summary: 'Close the streams with a domain, and answer what waits for it with an error',
  input: z.strictObject({ domain: remoteDomain }),
  output: z.object({ domain: z.string(), closed: z.int() }),
  positional: ['domain'],
} as const satisfies CommandSpec;
