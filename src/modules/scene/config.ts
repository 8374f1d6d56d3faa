/** The options of module scene */
import { z } from 'zod';
import type { Host } from '#core';
import type { Scenes } from './scenes.ts';

const number = (least: number, most: number, fallback: number, description: string) =>
  z.number().min(least).max(most).default(fallback).describe(description);
const whole = (least: number, most: number, fallback: number, description: string) =>
  z.int().min(least).max(most).default(fallback).describe(description);

export const configSchema = z.strictObject({
  name: z.string().min(1).max(255).default('Scenes').describe('Name of the service, for people'),
  create: z
    .enum(['anyone', 'users', 'nobody'])
    .default('users')
    .describe('Who may make scenes: everybody, also of other servers; those with an account on the host; nobody'),
  creators: z
    .array(z.string().min(1))
    .default([])
    .describe('Bare JIDs and domains that may make scenes whatever `create` says'),
  defaults: z
    .strictObject({
      sight: number(1, 1_000_000, 50, 'Distance at which somebody comes into sight'),
      out_of_sight: number(1, 1_000_000, 60, 'Distance beyond which he goes out of it; not less than `sight`'),
      say: number(0, 1_000_000, 20, 'How far what is said is heard; 0 closes the channel'),
      yell: number(0, 1_000_000, 60, 'How far yelling is heard'),
      whisper: number(0, 1_000_000, 3, 'How far whispering is heard'),
      rate: whole(1, 60, 10, 'How many times a second movements are told'),
      budget: whole(1, 10_000, 100, 'Most movements that one member is told of each time; those far away wait'),
      speed: number(0, 1_000_000, 0, 'Units a member can move per second; 0 = no limit'),
    })
    .refine(({ sight, out_of_sight }) => out_of_sight >= sight, {
      path: ['out_of_sight'],
      message: 'is not less than sight',
    })
    .prefault({})
    .describe('What a new scene is like, in its own units; its owner can change all of it'),
  max_scenes_per_user: whole(0, 1_000_000, 100, 'Most scenes one user can own by making them'),
  max_members: whole(1, 1_000_000, 10_000, 'Most members of one scene'),
  max_nick: whole(1, 1_023, 64, 'Longest nickname, in characters'),
  max_coordinate: number(1, 1_000_000_000, 1_000_000, 'Largest coordinate, on either side of 0'),
  max_zones: whole(0, 1_000, 64, 'Most zones of one scene'),
  max_action: whole(0, 65_536, 1_024, 'Longest action: its kind, its target and its text together, in characters'),
  messages_per_second: whole(
    0,
    100_000,
    10,
    'Messages and actions of a member per second, with a short burst of twice as many; 0 = no limit',
  ),
  moves_per_second: whole(
    0,
    100_000,
    60,
    'Movements a member can tell per second, with a short burst of twice as many; 0 = no limit',
  ),
  idle_scenes: whole(2, 1_000_000, 1_000, 'Scenes with nobody in them that are kept in memory'),
});

export type SceneConfig = z.output<typeof configSchema>;

/** What the files of this module share. */
export interface Service {
  readonly host: Host<SceneConfig>;
  readonly scenes: Scenes;
}
