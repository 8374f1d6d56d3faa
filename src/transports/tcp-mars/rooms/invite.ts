/** 1020 invite (XEP-0045 §7.8.2) */
import { attributes, Element, type Jid, NS_CLIENT, ns, type StanzaError, type StanzaOutcome } from '#core';
import type { RoomInvite } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { NS_MUC_USER } from '../stanza-mapping/namespaces.ts';
import { answerRoom } from './answer.ts';

const muc = ns(NS_MUC_USER);

export function invite(mars: MarsSession, request: Request, room: Jid, { jid, reason }: RoomInvite): void {
  const { id } = request.body;
  const attrs = attributes({ id: id === '' ? undefined : id, to: room.toString() });
  const why = reason === '' ? undefined : muc('reason', {}, reason);
  const x = muc('x', {}, muc('invite', { to: jid }, why));
  mars.session.receive(new Element('message', NS_CLIENT, attrs, [x]), new Invited(request, room));
}

/** A room says nothing of an invitation that is on its way. */
class Invited implements StanzaOutcome {
  readonly #request: Request;
  readonly #room: Jid;

  constructor(request: Request, room: Jid) {
    this.#request = request;
    this.#room = room;
  }

  copied(): void {}

  taken(): void {
    answerRoom(this.#request, this.#room);
  }

  refused(error: StanzaError): void {
    this.#request.refuse(error);
  }
}
