/** The commands on accounts. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';
import { account, accountOutput, moment } from './fields.ts';

const password = z.string().min(1).max(1023).describe('Password').meta({ secret: true });
const credentials = z
  .enum(['scram', 'argon2'])
  .optional()
  .describe('How the password is kept; default: what the configuration says');

export const userAdd = {
  name: 'user.add',
  summary: 'Make an account',
  input: z.strictObject({ jid: account, password, credentials }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userPasswd = {
  name: 'user.passwd',
  summary: 'Set the password of an account; its sessions go on',
  input: z.strictObject({ jid: account, password }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userDelete = {
  name: 'user.delete',
  summary: 'Delete an account with all its data, and end its sessions',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userList = {
  name: 'user.list',
  summary: 'List accounts in order',
  input: z.strictObject({
    host: z.string().min(1).optional().describe('Only this virtual host'),
    after: account.optional().describe('Go on after this account'),
    limit: z.int().min(1).max(1_000).default(100).describe('Most accounts to list'),
  }),
  output: z.object({
    users: z.array(z.object({ jid: z.string(), disabled: z.boolean(), created: z.iso.datetime() })),
    /** Whether there are accounts after these. */
    more: z.boolean(),
  }),
  reads: true,
} as const satisfies CommandSpec;

export const userDisable = {
  name: 'user.disable',
  summary: 'Let an account no longer log in, and end its sessions',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userEnable = {
  name: 'user.enable',
  summary: 'Let a disabled account log in again',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;

export const userBan = {
  name: 'user.ban',
  summary: 'Let an account not log in until a time, and end its sessions',
  input: z.strictObject({
    jid: account,
    until: moment.describe('2027-01-31T12:00:00Z, or how long: 15m, 12h, 30d'),
    reason: z.string().min(1).max(1_000).optional().describe('Text for the user'),
  }),
  output: z.object({ jid: z.string(), until: z.iso.datetime() }),
  positional: ['jid', 'until'],
} as const satisfies CommandSpec;

export const userUnban = {
  name: 'user.unban',
  summary: 'Let a banned account log in again',
  input: z.strictObject({ jid: account }),
  output: accountOutput,
  positional: ['jid'],
} as const satisfies CommandSpec;
