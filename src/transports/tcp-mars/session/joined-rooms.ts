/** Under which nickname a session is in which room (XEP-0045 §7.2.2), as the rooms say */
import type { Jid, Presence } from '#core';
import { NS_MUC_USER } from '../stanza-mapping/namespaces.ts';

/** Rooms are other servers' too, and say what they like. */
const MOST = 1_000;

export class JoinedRooms {
  readonly #nicks = new Map<string, string>();

  nickIn(room: Jid): string | undefined {
    return this.#nicks.get(room.toString());
  }

  /** Its own presence comes to the client. */
  saw({ type, from }: Presence): void {
    if (from === undefined) return;
    const room = from.bare().toString();
    if (type === 'unavailable') this.#nicks.delete(room);
    else if (type === 'available' && (this.#nicks.has(room) || this.#nicks.size < MOST)) {
      this.#nicks.set(room, from.resource);
    }
  }
}

/** §7.2.2: of the client itself. Asked of each presence that comes to a client, so it makes nothing. */
export function isOwn(presence: Presence): boolean {
  for (const child of presence.child('x', NS_MUC_USER)?.children ?? NOTHING) {
    if (typeof child !== 'string' && child.name === 'status' && child.attrs.code === '110') return true;
  }
  return false;
}

const NOTHING: readonly never[] = [];
