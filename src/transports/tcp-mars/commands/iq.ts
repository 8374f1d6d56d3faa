/** 1013: anything of XMPP that has no command of its own, and the answers to what others ask the client */
import { StanzaError } from '#core';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { fromExtension } from '../stanza-mapping/extension.ts';
import { iqElement, toBody } from '../stanza-mapping/stanza.ts';

export function iq(mars: MarsSession, request: Request): void {
  const { body } = request;
  if (body.payload.case !== 'iq' && body.payload.case !== undefined) {
    throw new StanzaError('bad-request', 'iq is missing');
  }
  const { xmlLimits } = mars.connection;
  const payload = body.payload.value?.payload;
  const element = iqElement(body, payload && fromExtension(payload, xmlLimits), xmlLimits);
  if (body.type !== 'get' && body.type !== 'set') return mars.session.receive(element, request);
  mars.ask(request, element, (answer) => request.answer(toBody(answer)));
}
