/** 1012: presence and subscriptions (RFC 6121 §3, §4) */
import { type Element, ns, StanzaError } from '#core';
import { Show } from '#protocol/mars';
import type { Request } from '../request.ts';
import type { MarsSession } from '../session/mars-session.ts';
import { questionElement } from '../session/question-element.ts';
import type { PresenceDraft } from '../stanza-mapping/presence.ts';
import { presenceElement } from '../stanza-mapping/stanza.ts';

const invisible = ns('urn:xmpp:invisible:1');

export function presence(mars: MarsSession, request: Request): void {
  const { body } = request;
  if (body.payload.case !== 'presence' && body.payload.case !== undefined) {
    throw new StanzaError('bad-request', 'presence is missing');
  }
  const value: PresenceDraft = body.payload.value ?? {};
  const isOwn = body.to === '' && body.type === '';
  if (value.show === Show.INVISIBLE) {
    if (!isOwn) throw new StanzaError('bad-request', 'nobody is invisible to somebody only');
    return ask(mars, request, invisible('invisible', { probe: 'true' }), () => request.answer());
  }
  const element = presenceElement(body, value, mars.connection.xmlLimits);
  if (!isOwn || !mars.session.invisible) return mars.session.receive(element, request);
  ask(mars, request, invisible('visible'), () => mars.session.receive(element, request));
}

/** XEP-0186 §3 */
function ask(mars: MarsSession, request: Request, payload: Element, then: () => void): void {
  mars.ask(request, questionElement('set', { id: request.body.id, to: '' }, payload), then);
}
