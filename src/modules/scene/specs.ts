/** The commands of module scene. No other import than zod: the command line needs these without the server behind them. */
import { z } from 'zod';
import type { CommandSpec } from '#core';

const coordinate = z.number();

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
    host: z.string().min(1).optional().describe('Domain of the users, where the server has scenes for several'),
  }),
  output: z.object({ member: z.string() }),
  positional: ['scene', 'nick'],
} as const satisfies CommandSpec;
