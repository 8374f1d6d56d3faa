/** The commands on messages of the server. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';
import { account, accountOutput, moment } from './fields.ts';

const content = {
  body: z.string().min(1).max(10_000).describe('Text'),
  subject: z.string().min(1).max(1_000).optional().describe('Subject'),
  type: z
    .enum(['normal', 'headline'])
    .default('normal')
    .describe('headline is for those who are there, and is never kept'),
  store: z.boolean().default(true).describe('Keep it in archives, and for those who are away'),
  kind: z.enum(['system', 'advertisement']).default('system').describe('What clients may show in another way'),
  expires: moment.optional().describe('Of no use later than 2027-01-31T12:00:00Z, or for 15m, 12h, 30d'),
  key: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Asked again with the same key, nothing is sent again and the answer is the first one'),
};

export const messageSend = {
  name: 'message.send',
  summary: 'Send a message of the server to one user, or to one of his sessions (full JID)',
  input: z.strictObject({ jid: z.string().min(1).max(3071).describe('Bare or full JID'), ...content }),
  output: accountOutput,
  positional: ['jid', 'body'],
} as const satisfies CommandSpec;

const job = {
  id: z.string(),
  /** Users it is for. */
  total: z.int(),
  /** Of them, those it was sent to so far. */
  sent: z.int(),
  state: z.enum(['running', 'done', 'stopped']),
};

export const messageBroadcast = {
  name: 'message.broadcast',
  summary: 'Send a message of the server to everybody online, or to a list of users',
  input: z.strictObject({
    ...content,
    users: z.array(account).min(1).max(10_000).optional().describe('Only to these, online or not'),
    host: z.string().min(1).optional().describe('Only to who is online on this virtual host'),
  }),
  output: z.object(job),
  positional: ['body'],
} as const satisfies CommandSpec;

const jobId = z.strictObject({ id: z.string().min(1).max(100).describe('As message broadcast answered it') });

export const messageProgress = {
  name: 'message.progress',
  summary: 'Tell how far a broadcast is',
  input: jobId,
  output: z.object(job),
  positional: ['id'],
  reads: true,
} as const satisfies CommandSpec;

export const messageStop = {
  name: 'message.stop',
  summary: 'Stop a broadcast: who has not got it by now will not',
  input: jobId,
  output: z.object(job),
  positional: ['id'],
} as const satisfies CommandSpec;
