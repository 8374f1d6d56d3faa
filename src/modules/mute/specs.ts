/** The commands of module mute. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const account = z.string().min(1).max(3071).describe('Bare JID of the account, such as alice@localhost');
const host = z.string().min(1).optional().describe('Domain of the account; taken from its JID when not given');

const where = z.string().min(1).max(3071).optional().describe('Bare JID of a room or a scene; default: everywhere');

export const userMute = {
  name: 'user.mute',
  summary: 'Let an account send no messages for a time',
  input: z.strictObject({
    jid: account,
    until: z.string().min(2).max(40).describe('2027-01-31T12:00:00Z, or how long: 15m, 12h, 30d'),
    reason: z.string().min(1).max(1_000).optional().describe('Text for the user'),
    where,
    host,
  }),
  output: z.object({ jid: z.string(), until: z.iso.datetime() }),
  positional: ['jid', 'until'],
} as const satisfies CommandSpec;

export const userUnmute = {
  name: 'user.unmute',
  summary: 'Let a muted account send messages again',
  input: z.strictObject({ jid: account, where, host }),
  output: z.object({ jid: z.string() }),
  positional: ['jid'],
} as const satisfies CommandSpec;
