/** The commands on tokens of the HTTP API. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';
import { moment } from './fields.ts';

const tokenOutput = z.object({
  id: z.string(),
  label: z.string(),
  /** Separated by spaces, as in RFC 6749 §3.3. */
  scopes: z.string(),
  created: z.iso.datetime(),
  expires: z.iso.datetime().optional(),
});

export const tokenCreate = {
  name: 'token.create',
  summary: 'Make a token for the HTTP API; it is shown this once',
  input: z.strictObject({
    label: z.string().max(200).default('').describe('What it is for, for lists'),
    scope: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(100)
      .describe('What it is good for: user:read, user:write and so on, or admin for everything'),
    expires: moment.optional().describe('Until 2027-01-31T12:00:00Z, or for 12h, 30d; default: until it is revoked'),
  }),
  output: z.object({ token: z.string(), ...tokenOutput.shape }),
  needsAdmin: true,
} as const satisfies CommandSpec;

export const tokenList = {
  name: 'token.list',
  summary: 'List the tokens for the HTTP API',
  input: z.strictObject({}),
  output: z.object({ tokens: z.array(tokenOutput) }),
  reads: true,
  needsAdmin: true,
} as const satisfies CommandSpec;

export const tokenRevoke = {
  name: 'token.revoke',
  summary: 'End a token at once',
  input: z.strictObject({ id: z.string().min(1).max(100).describe('As token list shows it') }),
  output: z.object({ id: z.string() }),
  positional: ['id'],
  needsAdmin: true,
} as const satisfies CommandSpec;
