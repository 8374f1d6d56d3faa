/** XEP-0357: members who are not in the room when something is said there */
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { type Host, hasLastingContent, Jid, type Message } from '#core';
import { affiliationIs } from './privileges.ts';
import type { Room } from './room.ts';

/** Told in a turn of the event loop. */
const EACH_TURN = 200;

export class AwayMembers {
  readonly #host: Host;
  /** Rooms whose members are being told, with what was said last since that began. */
  readonly #telling = new Map<Room, Message | undefined>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** What is said while members are being told is told together, by its last message. @param message without `to` */
  tell(room: Room, message: Message): void {
    if (!room.config.notifiesAway || !hasLastingContent(message)) return;
    if (this.#telling.has(room)) this.#telling.set(room, message);
    else void this.#tellAll(room, message);
  }

  async #tellAll(room: Room, first: Message): Promise<void> {
    for (let message: Message | undefined = first; message !== undefined; message = this.#telling.get(room)) {
      this.#telling.set(room, undefined);
      await this.#pass(room, message);
    }
    this.#telling.delete(room);
  }

  async #pass(room: Room, stanza: Message): Promise<void> {
    const present = new Set([...room.occupants].map(({ user }) => user.toString()));
    let told = 0;
    for (const [jid, { affiliation }] of room.affiliated) {
      if (!affiliationIs(affiliation, 'member') || present.has(jid)) continue;
      const user = Jid.parse(jid);
      if (user.domain !== this.#host.home.domain) continue;
      void this.#host.notifyHome('message:missed', { user, stanza });
      if (++told % EACH_TURN === 0) await endOfTurn();
    }
  }
}
