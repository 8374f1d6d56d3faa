/** 1010: a message (RFC 6121 §5) */
import { Jid, type Message, StanzaError, type StanzaOutcome, stanzaIdBy } from '#core';
import type { Body } from '#protocol/mars';
import type { Request } from '../request.ts';
import { speak } from '../rooms/speak.ts';
import type { MarsSession } from '../session/mars-session.ts';
import type { MessageDraft } from '../stanza-mapping/message.ts';
import { messageElement } from '../stanza-mapping/stanza.ts';

export function message(mars: MarsSession, request: Request): void {
  const { body } = request;
  if (body.payload.case !== 'message') throw new StanzaError('bad-request', 'message is missing');
  sendMessage(mars, request, body, body.payload.value);
}

/** @param body the envelope of the message */
export function sendMessage(mars: MarsSession, request: Request, body: Body, draft: MessageDraft): void {
  const { recent } = mars;
  const known = body.id === '' ? undefined : recent?.get(body.id);
  if (known !== undefined) {
    return request.answer({ ...known, payload: { case: 'messageResult', value: { duplicate: true } } });
  }
  const element = messageElement(body, draft, mars.connection.xmlLimits);
  const room = body.type === 'groupchat' ? Jid.tryParse(body.to) : undefined;
  if (room?.isBare && mars.rooms.nickIn(room) !== undefined) {
    return speak(mars, request, room, element, { case: 'messageResult', value: {} });
  }
  const isForgotten = body.noReply && recent === undefined;
  mars.session.receive(element, isForgotten ? request : new SentMessage(mars, request));
}

/** On its way it gets the id by which the sender's archive has it. */
class SentMessage implements StanzaOutcome {
  readonly #mars: MarsSession;
  readonly #request: Request;
  #archivedAs: string | undefined;

  constructor(mars: MarsSession, request: Request) {
    this.#mars = mars;
    this.#request = request;
  }

  copied(own: Message): void {
    this.#archivedAs = stanzaIdBy(own, this.#mars.session.user);
  }

  taken(): void {
    const { session, recent } = this.#mars;
    const { id } = this.#request.body;
    const by = session.user.toString();
    const stamp = session.host.clock.now();
    const stanzaId = this.#archivedAs === undefined ? undefined : { id: this.#archivedAs, by };
    if (id !== '') recent?.add(id, { stamp, stanzaId });
    this.#request.answer({ id, stamp, stanzaId, payload: { case: 'messageResult', value: {} } });
  }

  refused(error: StanzaError): void {
    this.#request.refuse(error);
  }
}
