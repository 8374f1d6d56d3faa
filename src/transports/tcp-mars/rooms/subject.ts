/** 1020 subject (XEP-0045 §8.1) */
import { attributes, Element, type Jid, NS_CLIENT } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { textElement } from '../stanza-mapping/extension.ts';
import { speak } from './speak.ts';

/** @param subject '' for none */
export function setSubject(mars: MarsSession, request: Request, room: Jid, subject: string): void {
  const attrs = attributes({ type: 'groupchat', to: room.toString() });
  const message = new Element('message', NS_CLIENT, attrs, [textElement('subject', NS_CLIENT, subject)]);
  speak(mars, request, room, message, { case: 'roomResult', value: { room: room.toString() } });
}
