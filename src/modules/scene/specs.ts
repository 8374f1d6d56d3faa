/** The commands of module scene. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const coordinate = z.number();
const host = z.string().min(1).optional().describe('Domain of the users, where the server has scenes for several');

export const sceneMove = {
  name: 'scene.move',
  summary: 'Place a member of a scene, as its backend does: also where members do not place themselves',
  input: z.strictObject({
    scene: z.string().min(1).max(1_023).describe('Localpart of the JID of the scene'),
    nick: z.string().min(1).max(1_023).describe('Nickname of the member'),
    x: coordinate.describe('Its x'),
    y: coordinate.describe('Its y'),
    z: coordinate.default(0).describe('Its z'),
    heading: coordinate.optional().describe('Where to, in degrees'),
    speed: coordinate.optional().describe('Units per second'),
    host,
  }),
  output: z.object({ member: z.string() }),
  positional: ['scene', 'nick'],
} as const satisfies CommandSpec;

const tally = z.array(z.object({ jid: z.string(), members: z.int() }));

export const sceneList = {
  name: 'scene.list',
  summary: 'List the scenes with somebody in them, in order',
  input: z.strictObject({
    after: z.string().min(1).max(3071).optional().describe('Go on after this scene'),
    limit: z.int().min(1).max(10_000).default(100).describe('Most scenes to list'),
    host,
  }),
  output: z.object({ scenes: tally, more: z.boolean() }),
  reads: true,
} as const satisfies CommandSpec;

export const sceneTop = {
  name: 'scene.top',
  summary: 'List the scenes with the most members, the largest first',
  input: z.strictObject({ limit: z.int().min(1).max(1_000).default(10).describe('Most scenes to list'), host }),
  output: z.object({ scenes: tally }),
  reads: true,
} as const satisfies CommandSpec;

export const sceneSay = {
  name: 'scene.say',
  summary: 'Say something to all members of a scene, in the name of the scene itself',
  input: z.strictObject({
    scene: z.string().min(1).max(1_023).describe('Localpart of the JID of the scene'),
    body: z.string().min(1).max(10_000).describe('Text'),
    host,
  }),
  output: z.object({ jid: z.string(), members: z.int() }),
  positional: ['scene', 'body'],
} as const satisfies CommandSpec;
