/** What becomes of rooms when an account is deleted: nobody inherits a place by its name */
import { Jid } from '#core';
import { changeAffiliations } from './affiliation.ts';
import type { Service } from './config.ts';
import { destroy } from './destroy.ts';
import type { Affiliation } from './privileges.ts';
import type { Room } from './room.ts';

/** Resolves when no room knows the user any more. */
export async function forgetUser(service: Service, user: Jid): Promise<void> {
  const { rooms } = service;
  const names = new Set((await rooms.ofUser(user)).keys());
  for (const room of rooms.open) if (room.affiliated.has(user.toString())) names.add(room.name);
  for (const name of names) {
    const room = await rooms.get(name);
    if (room !== undefined) await leaveForGood(service, room, user);
  }
}

/** §10: a room has an owner, or a successor: the first of its admins, else of its members. Without one it ends. */
async function leaveForGood(service: Service, room: Room, user: Jid): Promise<void> {
  const wasOwner = room.affiliated.get(user.toString())?.affiliation === 'owner';
  const heir = first(room, 'owner', user) ?? first(room, 'admin', user) ?? first(room, 'member', user);
  if (wasOwner && heir === undefined) return destroy(service, room, { reason: 'its owner is gone' });
  const changes = [{ user, affiliation: 'none' as Affiliation }];
  if (wasOwner && heir !== undefined) changes.push({ user: heir, affiliation: 'owner' });
  room.roles.delete(user.toString());
  const nobody = { user, nick: undefined, role: 'none', affiliation: 'none' } as const;
  for (const tell of await changeAffiliations(service, room, nobody, changes)) tell();
}

function first(room: Room, wanted: Affiliation, but: Jid): Jid | undefined {
  for (const [jid, { affiliation }] of room.affiliated) {
    if (affiliation === wanted && jid !== but.toString()) return Jid.parse(jid);
  }
  return undefined;
}
