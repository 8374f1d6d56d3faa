/** A room as it is stored: one record for what it is, and one for each affiliation */
import { type Element, Jid, type Message, parseStored, shapeStanza } from '#core';
import type { MucConfig } from './config.ts';
import { Hats, type StoredHats } from './hats.ts';
import { History } from './history.ts';
import type { Role } from './privileges.ts';
import { type Affiliated, Room } from './room.ts';
import { initialConfig, type RoomConfig } from './room-config.ts';

/** The key of the record; no JID is empty. */
export const WHOLE = '';

export interface StoredRoom {
  /** Options that came later have their defaults. */
  readonly config: Partial<RoomConfig>;
  readonly isLocked?: true;
  /** The stanza as XML. */
  readonly subject?: { readonly xml: string; readonly at: number };
  readonly roles?: Readonly<Record<string, Role>>;
  readonly mutes?: Readonly<Record<string, number>>;
  readonly hats?: StoredHats;
  readonly avatars?: readonly string[];
}

export type StoredEntry = StoredRoom | Affiliated;

export function toStored({ config, isLocked, subject, roles, mutes, hats, avatars }: Room): StoredRoom {
  const storedHats = hats.toStored();
  return {
    config,
    ...(isLocked && { isLocked }),
    ...(subject && { subject: { xml: subject.message.toString(), at: subject.at } }),
    ...(roles.size > 0 && { roles: Object.fromEntries(roles) }),
    ...(mutes.size > 0 && { mutes: Object.fromEntries(mutes) }),
    ...(storedHats && { hats: storedHats }),
    ...(avatars.length > 0 && { avatars }),
  };
}

/** Undefined when there is no such room. */
export function fromStored(jid: Jid, entries: ReadonlyMap<string, StoredEntry>, config: MucConfig): Room | undefined {
  const stored = entries.get(WHOLE) as StoredRoom | undefined;
  if (stored === undefined) return undefined;
  const room = new Room(jid, { ...initialConfig(config), ...stored.config }, new History());
  room.isLocked = stored.isLocked ?? false;
  if (stored.subject !== undefined) {
    room.subject = { message: reflectedMessage(parseStored(stored.subject.xml)), at: stored.subject.at };
  }
  for (const [user, role] of Object.entries(stored.roles ?? {})) room.roles.set(user, role);
  for (const [user, until] of Object.entries(stored.mutes ?? {})) room.mutes.set(user, until);
  room.hats = Hats.from(stored.hats);
  room.avatars = stored.avatars ?? [];
  for (const [user, affiliated] of entries) {
    if (user !== WHOLE) room.affiliate(Jid.parse(user), affiliated as Affiliated);
  }
  return room;
}

/** What a room sent, and has kept since. */
export function reflectedMessage(kept: Element): Message {
  return shapeStanza(kept, { from: Jid.tryParse(kept.attr('from') ?? '') }) as Message;
}
