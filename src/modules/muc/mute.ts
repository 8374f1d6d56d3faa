/** Timed mute: where a room has a mute duration, voice that a moderator revoked comes back by itself */
import type { Jid } from '#core';
import type { Service } from './config.ts';
import { changeRole } from './give-role.ts';
import type { Room } from './room.ts';

/** A moderator has revoked the voice of a user. */
export function mute(service: Service, room: Room, user: Jid): void {
  const ms = room.config.muteDuration * 1_000;
  if (ms === 0) return;
  room.mutes.set(user.toString(), service.host.clock.now() + ms);
  unmuteAfter(service, room.name, user, ms);
}

/** He comes into the room: after a restart nobody else thinks of it. */
export function resumeMute(service: Service, room: Room, user: Jid): void {
  const until = room.mutes.get(user.toString());
  if (until === undefined) return;
  const left = until - service.host.clock.now();
  if (left > 0) unmuteAfter(service, room.name, user, left);
  else forget(room, user);
}

function unmuteAfter(service: Service, name: string, user: Jid, ms: number): void {
  service.host.clock.after(ms, () => {
    // The room may have been out of memory meanwhile, or muted him again.
    const room = service.rooms.opened(name);
    const until = room?.mutes.get(user.toString());
    if (room === undefined || until === undefined || until > service.host.clock.now()) return;
    forget(room, user);
    service.rooms.saveLater(room);
    for (const occupant of room.occupantsOf(user)) {
      if (occupant.role === 'visitor') changeRole(service, room, occupant, room.roleFor(user))();
    }
  });
}

function forget(room: Room, user: Jid): void {
  room.mutes.delete(user.toString());
  room.roles.delete(user.toString());
}
