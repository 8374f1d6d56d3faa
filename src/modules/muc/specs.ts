/** The commands of module muc. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const jid = z.string().min(1).max(3071);

export const groupCreate = {
  name: 'group.create',
  summary: 'Make a room for a group: persistent, for its members only, who are told at once or at their next login',
  input: z.strictObject({
    name: z.string().min(1).max(255).describe('Name of the group, for people'),
    owner: jid.describe('Bare JID of who owns the room'),
    members: z.array(jid).max(20_000).optional().describe('Bare JIDs of those who may enter'),
    room: z.string().min(1).max(1_023).optional().describe('Localpart of the JID of the room; default: a random one'),
    host: z.string().min(1).optional().describe('Domain of the users, where the server has rooms for several'),
  }),
  output: z.object({ jid: z.string(), members: z.int() }),
  positional: ['name'],
} as const satisfies CommandSpec;
