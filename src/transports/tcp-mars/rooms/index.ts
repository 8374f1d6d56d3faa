/** 1020: what one does in a room and with it (XEP-0045) */
import { StanzaError } from '#core';
import type { RoomRequest } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { changeAffiliation, changeRole, config } from './administer.ts';
import { answerRoom, roomJid } from './answer.ts';
import { invite } from './invite.ts';
import { join, switchRoom } from './join.ts';
import { leave } from './leave.ts';
import { occupants } from './occupants.ts';
import { setSubject } from './subject.ts';

export function room(mars: MarsSession, request: Request): void {
  const { payload } = request.body;
  if (payload.case !== 'room') throw new StanzaError('bad-request', 'room is missing');
  act(mars, request, payload.value);
}

function act(mars: MarsSession, request: Request, { room: name, action }: RoomRequest): void {
  const jid = roomJid(name);
  switch (action.case) {
    case 'join':
      return join(mars, request, jid, action.value, (result) => answerRoom(request, jid, result));
    case 'leave':
      return leave(mars, request, jid, action.value.status, (result) => answerRoom(request, jid, result));
    case 'switchTo':
      return switchRoom(mars, request, jid, action.value);
    case 'invite':
      return invite(mars, request, jid, action.value);
    case 'subject':
      return setSubject(mars, request, jid, action.value);
    case 'affiliation':
      return changeAffiliation(mars, request, jid, action.value);
    case 'role':
      return changeRole(mars, request, jid, action.value);
    case 'config':
      return config(mars, request, jid, action.value);
    case 'occupantsAfter':
      return occupants(mars, request, jid, action.value);
    default:
      throw new StanzaError('bad-request', 'what to do with the room?');
  }
}
