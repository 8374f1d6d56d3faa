/** The commands of module reports. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const host = z.string().min(1).optional().describe('Domain of the users, where the server has several');

const report = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  /** Who reports. */
  from: z.string(),
  /** Who is reported. */
  about: z.string(),
  reason: z.string(),
  text: z.string().optional(),
  /** What they wrote to each other before, in and after the message that is reported, as the archive of the reporter has it. */
  messages: z.array(z.object({ at: z.iso.datetime(), xml: z.string() })),
});

export const reportList = {
  name: 'report.list',
  summary: 'List what users reported, the oldest first',
  input: z.strictObject({
    after: z.string().min(1).max(100).optional().describe('Go on after the report with this id'),
    limit: z.int().min(1).max(1_000).default(50).describe('Most reports to list'),
    host,
  }),
  output: z.object({ reports: z.array(report), more: z.boolean() }),
  reads: true,
} as const satisfies CommandSpec;

export const reportClose = {
  name: 'report.close',
  summary: 'Take a report out of the queue: it is dealt with',
  input: z.strictObject({ id: z.string().min(1).max(100).describe('As report list shows it'), host }),
  output: z.object({ id: z.string() }),
  positional: ['id'],
} as const satisfies CommandSpec;
