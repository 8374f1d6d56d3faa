/** What somebody who has not logged in may ask, such as XEP-0077 registration */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { VirtualHost } from '../host/index.ts';
import type { Element } from '../xml/index.ts';
import type { Negotiation } from './negotiation.ts';
import { refuseRequest, requestIn } from './request.ts';
import { StreamError } from './stream-error.ts';

export function answerBeforeLogin(element: Element, host: VirtualHost, negotiation: Negotiation): Awaitable<void> {
  const request = requestIn(element, { to: host.domain }, negotiation);
  if (request === undefined) return;
  const answer = host.iqs.find(request, 'stream');
  if (answer === undefined) return negotiation.fail(new StreamError('not-authorized'));
  const { link } = negotiation;
  const context = { target: 'stream', user: undefined, address: link.peer.address } as const;
  const reply = (payload: Element | undefined | void): void => link.send(request.result(payload ?? undefined));
  const refuse = (error: unknown): void => refuseRequest(request, error, negotiation);
  try {
    const payload = answer(request, context);
    if (isPromise(payload)) return payload.then(reply).catch(refuse);
    reply(payload);
  } catch (error) {
    refuse(error);
  }
}
