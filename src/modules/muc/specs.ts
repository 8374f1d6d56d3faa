/** The commands of module muc. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const jid = z.string().min(1).max(3071);
const host = z.string().min(1).optional().describe('Domain of the users, where the server has rooms for several');

export const groupCreate = {
  name: 'group.create',
  summary: 'Make a room for a group: persistent, for its members only, who are told at once or at their next login',
  input: z.strictObject({
    name: z.string().min(1).max(255).describe('Name of the group, for people'),
    owner: jid.describe('Bare JID of who owns the room'),
    members: z.array(jid).max(20_000).optional().describe('Bare JIDs of those who may enter'),
    room: z.string().min(1).max(1_023).optional().describe('Localpart of the JID of the room; default: a random one'),
    host,
  }),
  output: z.object({ jid: z.string(), members: z.int() }),
  positional: ['name'],
} as const satisfies CommandSpec;

const tally = z.array(z.object({ jid: z.string(), occupants: z.int() }));

export const roomList = {
  name: 'room.list',
  summary: 'List the rooms with somebody in them, in order',
  input: z.strictObject({
    after: jid.optional().describe('Go on after this room'),
    limit: z.int().min(1).max(10_000).default(100).describe('Most rooms to list'),
    host,
  }),
  output: z.object({ rooms: tally, more: z.boolean() }),
  reads: true,
} as const satisfies CommandSpec;

export const roomTop = {
  name: 'room.top',
  summary: 'List the rooms with the most occupants, the largest first',
  input: z.strictObject({ limit: z.int().min(1).max(1_000).default(10).describe('Most rooms to list'), host }),
  output: z.object({ rooms: tally }),
  reads: true,
} as const satisfies CommandSpec;

export const roomSay = {
  name: 'room.say',
  summary: 'Say something in a room, in the name of the room itself',
  input: z.strictObject({
    room: z.string().min(1).max(1_023).describe('Localpart of the JID of the room'),
    body: z.string().min(1).max(10_000).describe('Text'),
    host,
  }),
  output: z.object({ jid: z.string(), occupants: z.int() }),
  positional: ['room', 'body'],
} as const satisfies CommandSpec;
