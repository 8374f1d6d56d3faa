/** XEP-0045 §10.1: who may make rooms, and how they begin */
import { type Awaitable, type Jid, StanzaError, whenDone } from '#core';
import type { Service } from './config.ts';
import type { Room } from './room.ts';

/** A room of this JID, with its owner. @throws StanzaError not-allowed, resource-constraint */
export function createRoom(service: Service, jid: Jid, owner: Jid): Awaitable<Room> {
  const { host, rooms } = service;
  return whenDone(checkMayCreate(service, owner), () => {
    const room = rooms.create(jid, owner);
    room.isLocked = host.config.lock_new_rooms;
    if (!room.isLocked) rooms.saveWholeLater(room);
    return room;
  });
}

/** @throws StanzaError not-allowed, resource-constraint */
export function checkMayCreate(service: Service, owner: Jid): Awaitable<void> {
  const { host, rooms } = service;
  if (!mayCreate(service, owner)) throw new StanzaError('not-allowed', 'you may not make rooms here');
  return whenDone(rooms.countOwned(owner), (owned) => {
    if (owned >= host.config.max_rooms_per_user) {
      throw new StanzaError('resource-constraint', `nobody makes more than ${host.config.max_rooms_per_user} rooms`);
    }
  });
}

function mayCreate({ host }: Service, user: Jid): boolean {
  const { create, creators } = host.config;
  if (create === 'anyone' || creators.includes(user.toString()) || creators.includes(user.domain)) return true;
  return create === 'users' && user.domain === host.home.domain;
}
