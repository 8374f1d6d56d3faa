/** 1020 leave (XEP-0045 §7.14) */
import { attributes, Element, type Jid, NS_CLIENT, Presence, type Stanza } from '#core';
import type { Request } from '../request.ts';
import { isOwn } from '../session/joined-rooms.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { Pending } from '../session/pending.ts';
import { presenceKey } from '../session/pending-requests.ts';
import { textElement } from '../stanza-mapping/extension.ts';
import { statusCodes } from '../stanza-mapping/room.ts';
import type { Result } from './answer.ts';

/** Who is not there has left already: he asks again, perhaps, since an answer was lost. */
export function leave(
  mars: MarsSession,
  request: Request,
  room: Jid,
  status: string,
  done: (result: Result) => void,
): void {
  const nick = mars.rooms.nickIn(room);
  if (nick === undefined) return done({});
  const attrs = attributes({ type: 'unavailable', to: room.withResource(nick).toString() });
  const children = status === '' ? [] : [textElement('status', NS_CLIENT, status)];
  mars.pending.start(new Exit(mars, request, room, done), new Element('presence', NS_CLIENT, attrs, children));
}

class Exit extends Pending {
  readonly #done: (result: Result) => void;

  constructor(mars: MarsSession, request: Request, room: Jid, done: (result: Result) => void) {
    super(mars, request, presenceKey(room));
    this.#done = done;
  }

  take(stanza: Stanza): boolean {
    if (!(stanza instanceof Presence)) return false;
    if (stanza.type === 'error') {
      this.fail(stanza);
      return true;
    }
    if (stanza.type !== 'unavailable' || !isOwn(stanza) || statusCodes(stanza).includes(RENAMED)) return false;
    this.succeed(() => this.#done({ statusCodes: statusCodes(stanza) }));
    return true;
  }
}

/** §7.6 */
const RENAMED = 303;
