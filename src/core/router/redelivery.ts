/** XEP-0198 §4: what a session was handed and its client may not have got goes where it would have gone without it */
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { VirtualHost } from '../host/virtual-host.ts';
import type { Jid } from '../jid/index.ts';
import type { ClientSession, Handed } from '../session/index.ts';
import { Iq, Message, stamped } from '../stanza/index.ts';
import { each, keep, takersOf, undelivered } from './delivery.ts';

/** @throws StanzaError what the sender is to be told */
export function redeliver(session: ClientSession, { stanza, shared, at }: Handed): Awaitable<void> {
  if (stanza instanceof Iq) return undelivered(stanza); // RFC 6121 §8.5.3.2.3
  const message = shared?.message ?? stanza;
  // §8.5.3.2.2: presence to a resource that is gone is ignored
  if (!(message instanceof Message)) return;
  const { host, user } = session;
  // From the account itself comes what was for this session alone: a result from its archive.
  if (message.from === undefined || message.from.equals(user)) return;
  if (shared?.holders.some((other) => other !== session && hasIt(other, message))) return;
  const event = { session, stanza: message };
  return whenDone(host.hooks.run('message:unacknowledged', event), (outcome) => {
    if (outcome === 'passed') return toOthers(host, user, event.stanza, at);
  });
}

/** A session that is there has got the message, or will answer for it when it ends. */
function hasIt(other: ClientSession, message: Message): boolean {
  return !other.ended || other.management?.unacknowledged.owes(message) !== true;
}

/** RFC 6121 §8.5.2 and §8.5.3.2.1. The modules have seen already that the account got this message. */
function toOthers(host: VirtualHost, user: Jid, message: Message, at: number): Awaitable<void> {
  if (message.type === 'headline') return;
  const isForOthers = message.type === 'chat' || (message.type === 'normal' && message.to?.isBare !== false);
  if (!isForOthers) return undelivered(message);
  const takers = takersOf(host, user);
  if (takers.length > 0) return each(takers, stamped(message, at, host.domain));
  return whenDone(host.accounts.exists(user.local), (exists) =>
    exists ? keep(host, user, message, at) : undelivered(message),
  );
}
