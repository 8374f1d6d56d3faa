/** The options of module muc */
import { z } from 'zod';
import type { Host } from '#core';
import type { AwayMembers } from './away-members.ts';
import type { Invitations } from './invite.ts';
import type { OccupantIds } from './occupant-id.ts';
import type { RoomArchive } from './room-archive.ts';
import type { Rooms } from './rooms.ts';

const flag = (fallback: boolean, description: string) => z.boolean().default(fallback).describe(description);

export const configSchema = z.strictObject({
  name: z.string().min(1).max(255).default('Chat rooms').describe('Name of the service, for people'),
  create: z
    .enum(['anyone', 'users', 'nobody'])
    .default('users')
    .describe('Who may make rooms: everybody, also of other servers; those with an account on the host; nobody'),
  creators: z
    .array(z.string().min(1))
    .default([])
    .describe('Bare JIDs and domains that may make rooms whatever `create` says'),
  lock_new_rooms: flag(true, 'A new room lets others in when its owner has configured it, or accepted the default'),
  defaults: z
    .strictObject({
      persistent: flag(false, 'The room stays when its last occupant has left'),
      public: flag(true, 'The room is listed'),
      members_only: flag(false, 'Only members enter'),
      moderated: flag(false, 'Who has no affiliation comes without voice'),
      real_jids: flag(false, 'Everybody sees the real JIDs of the occupants, not only moderators'),
      change_subject: flag(false, 'Everybody with voice may change the subject, not only moderators'),
      history: z.int().min(0).max(1_000).default(20).describe('Messages a newcomer gets'),
    })
    .prefault({})
    .describe('What a new room is like; its owner can change all of it'),
  max_rooms_per_user: z.int().min(0).max(1_000_000).default(100).describe('Most rooms one user can own by making them'),
  max_occupants: z.int().min(1).max(1_000_000).default(10_000).describe('Most occupants of one room'),
  max_extra_occupants: z
    .int()
    .min(0)
    .max(10_000)
    .default(10)
    .describe('Admins and owners who may enter a room that is full'),
  max_visits: z.int().min(1).max(1_000).default(10).describe('Most clients with which one occupant can be in a room'),
  max_nick: z.int().min(1).max(1_023).default(64).describe('Longest nickname, in characters'),
  max_subject: z.int().min(0).max(65_536).default(1_024).describe('Longest subject, in characters'),
  max_history: z.int().min(0).max(1_000).default(100).describe('Most messages a newcomer gets'),
  max_affiliations: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(20_000)
    .describe('Most users with an affiliation to one room: its owners, admins, members and outcasts together'),
  max_hats: z.int().min(0).max(10_000).default(100).describe('Most hats of one room (XEP-0317)'),
  max_vcard_bytes: z
    .int()
    .min(1_024)
    .max(10_485_760)
    .default(131_072)
    .describe('Largest vCard of a room, with its avatar, in bytes'),
  search_rooms: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(10_000)
    .describe('Public rooms among which a search looks, the first by address (XEP-0433)'),
  max_invitations: z.int().min(1).max(10_000).default(50).describe('Most invitations in one message'),
  messages_per_second: z
    .int()
    .min(0)
    .max(100_000)
    .default(50)
    .describe(
      'Messages, invitations and changes of presence an occupant can send per second, with a short burst of twice as many; 0 = no limit',
    ),
  idle_rooms: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(1_000)
    .describe('Persistent rooms with nobody in them that are kept in memory; the others are read when they are needed'),
  archive: flag(true, 'The messages of rooms are kept, for those who may enter to read (XEP-0313)'),
  keep_days: z.int().min(0).max(36_500).default(0).describe('Age at which archived messages are deleted; 0 = never'),
  max_messages: z
    .int()
    .min(1_000)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe('Most messages in the archive of one room; the oldest go'),
  max_megabytes: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(1_024)
    .describe('Largest archive of one room; the oldest messages go'),
  page: z.int().min(1).max(1_000).default(50).describe('Messages or rooms in a page, where the client does not say'),
  max_page: z.int().min(1).max(1_000).default(250).describe('Most messages or rooms in a page'),
});

export type MucConfig = z.output<typeof configSchema>;

/** What the files of this module share. */
export interface Service {
  readonly host: Host<MucConfig>;
  readonly rooms: Rooms;
  readonly archive: RoomArchive;
  readonly occupantIds: OccupantIds;
  readonly away: AwayMembers;
  readonly invitations: Invitations;
}
