/** XEP-0198 §5: an authenticated stream goes on with an earlier session instead of binding a resource */
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { InlineResume } from '../host/index.ts';
import type { Jid } from '../jid/index.ts';
import type { Element } from '../xml/index.ts';
import type { Negotiation } from './negotiation.ts';
import { StreamError } from './stream-error.ts';

/** @param user bare JID; undefined before login */
export function resumeSession(
  element: Element,
  inline: InlineResume,
  user: Jid | undefined,
  negotiation: Negotiation,
): Awaitable<void> {
  const { link } = negotiation;
  if (user === undefined || element.name !== inline.request) return link.send(inline.premature);
  try {
    return whenDone(inline.resume(user, element, link), (resumption) => {
      if (negotiation.isOver) return;
      link.send(resumption.answer);
      if (resumption.session === undefined) return;
      negotiation.handOver(resumption.session);
      resumption.replay();
    });
  } catch (error) {
    if (!(error instanceof StreamError)) throw error;
    negotiation.fail(error);
  }
}
