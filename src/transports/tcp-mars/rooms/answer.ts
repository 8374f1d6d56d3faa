/** What all actions of 1020 have in common */
import { Jid, JidError, StanzaError } from '#core';
import type { Init, RoomResult } from '#protocol/mars';
import type { Request } from '../request.ts';

export type Result = Omit<Init<RoomResult>, 'room'>;

export function answerRoom(request: Request, room: Jid, result: Result = {}): void {
  request.answer({ payload: { case: 'roomResult', value: { ...result, room: room.toString() } } });
}

/** @throws StanzaError jid-malformed: it is not the JID of a room */
export function roomJid(text: string): Jid {
  const jid = Jid.tryParse(text);
  if (jid === undefined || !jid.isBare || jid.local === '') {
    throw new StanzaError('jid-malformed', `not the JID of a room: ${text}`);
  }
  return jid;
}

/** @throws StanzaError jid-malformed: nobody can be called so */
export function occupantJid(room: Jid, nick: string): Jid {
  try {
    return room.withResource(nick);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
}
