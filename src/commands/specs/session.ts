/** The commands on sessions. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';
import { account } from './fields.ts';

export const sessionList = {
  name: 'session.list',
  summary: 'List the sessions',
  input: z.strictObject({
    jid: account.optional().describe('Only those of this account'),
    after: z.string().min(1).max(3071).optional().describe('Go on after this session (full JID)'),
    limit: z.int().min(1).max(10_000).default(1_000).describe('Most sessions to list'),
  }),
  output: z.object({
    sessions: z.array(
      z.object({
        jid: z.string(),
        transport: z.string(),
        address: z.string(),
        /** As the client calls it (XEP-0388 §2.3). */
        device: z.string().optional(),
        software: z.string().optional(),
        tls: z.boolean(),
        available: z.boolean(),
        priority: z.int(),
        since: z.iso.datetime(),
      }),
    ),
    more: z.boolean(),
  }),
  positional: ['jid'],
  reads: true,
} as const satisfies CommandSpec;

const tally = z.array(z.object({ name: z.string(), sessions: z.int() }));

export const sessionCount = {
  name: 'session.count',
  summary: 'Count who is online',
  input: z.strictObject({ host: z.string().min(1).optional().describe('Only this virtual host') }),
  output: z.object({ sessions: z.int(), users: z.int(), hosts: tally, transports: tally }),
  reads: true,
} as const satisfies CommandSpec;

export const sessionKick = {
  name: 'session.kick',
  summary: 'End one session (full JID) or all of an account (bare JID)',
  input: z.strictObject({
    jid: z.string().min(1).max(3071).describe('Full or bare JID'),
    reason: z.string().min(1).max(1_000).optional().describe('Text for the client'),
  }),
  output: z.object({ kicked: z.array(z.string()) }),
  positional: ['jid'],
} as const satisfies CommandSpec;

const otherHost = z
  .string()
  .regex(/^(?:\[[0-9A-Fa-f:.]+\]|[^\s:[\]]{1,255})(?::\d{1,5})?$/)
  .describe('Where to go: host, host:port or [IPv6 address]:port');

export const sessionRedirect = {
  name: 'session.redirect',
  summary: 'Send one session (full JID) or all of an account (bare JID) to another server; here they are over',
  input: z.strictObject({ jid: z.string().min(1).max(3071).describe('Full or bare JID'), to: otherHost }),
  output: z.object({ redirected: z.array(z.string()) }),
  positional: ['jid', 'to'],
} as const satisfies CommandSpec;

export const sessionDrain = {
  name: 'session.drain',
  summary: 'Send a share of all sessions to another server, some in each turn of the event loop; here they are over',
  input: z.strictObject({
    to: otherHost,
    percent: z.number().gt(0).max(100).default(100).describe('Share of the sessions'),
    host: z.string().min(1).optional().describe('Only those of this virtual host'),
  }),
  output: z.object({ sessions: z.int() }),
  positional: ['to'],
} as const satisfies CommandSpec;
