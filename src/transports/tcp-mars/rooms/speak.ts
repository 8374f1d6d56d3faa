/** A message to a room: its sender gets the answer instead of his own copy (XEP-0045 §7.4) */
import { randomUUID } from 'node:crypto';
import { type Element, type Jid, Message, type Stanza, stanzaIdBy } from '#core';
import type { BodyInit } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { Pending } from '../session/pending.ts';
import { messageKey } from '../session/pending-requests.ts';

/** @param payload of the answer */
export function speak(
  mars: MarsSession,
  request: Request,
  room: Jid,
  message: Element,
  payload: NonNullable<BodyInit['payload']>,
): void {
  // Its own reflection is known by it, also from that of another session with the same nickname.
  const id = request.body.id === '' ? randomUUID() : request.body.id;
  mars.pending.start(new Spoken(mars, request, room, id, payload), message.with({ id }));
}

class Spoken extends Pending {
  readonly #room: Jid;
  readonly #payload: NonNullable<BodyInit['payload']>;

  constructor(mars: MarsSession, request: Request, room: Jid, id: string, payload: NonNullable<BodyInit['payload']>) {
    super(mars, request, messageKey(id));
    this.#room = room;
    this.#payload = payload;
  }

  take(stanza: Stanza): boolean {
    const { from } = stanza;
    if (!(stanza instanceof Message) || !from?.bare().equals(this.#room)) return false;
    if (stanza.type === 'error' && from.isBare) {
      this.fail(stanza);
      return true;
    }
    if (stanza.type !== 'groupchat' || from.resource !== this.mars.rooms.nickIn(this.#room)) return false;
    this.succeed(() => this.#reflected(stanza, from));
    return true;
  }

  #reflected(message: Message, from: Jid): void {
    const id = stanzaIdBy(message, this.#room);
    const told = {
      from: from.toString(),
      stamp: BigInt(this.mars.session.host.clock.now()),
      ...(id !== undefined && { stanzaId: { id, by: this.#room.toString() } }),
    };
    this.#remember(told);
    this.request.answer({ ...told, payload: this.#payload });
  }

  /** On its way: one that is sent again is the same. */
  override taken(): void {
    if (this.request.isOpen) this.#remember({});
  }

  #remember(told: BodyInit): void {
    if (this.request.body.id !== '') this.mars.recent?.add(this.request.body.id, told);
  }
}
