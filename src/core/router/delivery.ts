/** RFC 6121 §8: how a virtual host delivers a stanza addressed to one of its accounts */
import { type Awaitable, whenDone } from '../awaitable.ts';
import type { StanzaEvents } from '../hooks/index.ts';
import type { VirtualHost } from '../host/virtual-host.ts';
import type { Jid } from '../jid/index.ts';
import type { ClientSession } from '../session/index.ts';
import { Iq, Message, type Presence, type Stanza, StanzaError } from '../stanza/index.ts';

/** Delivers to a full or bare JID of an account. IQs to a bare JID never come here: the IQ table has them. */
export function deliver(host: VirtualHost, to: Jid, stanza: Stanza): Awaitable<void> {
  const session = to.isBare ? undefined : host.sessions.get(to);
  if (session !== undefined) return stanza instanceof Message ? hand(host, [session], stanza) : session.deliver(stanza);
  if (stanza instanceof Message) return deliverMessage(host, to, stanza);
  if (stanza instanceof Iq) return undelivered(stanza); // §8.5.3.2.3
  if (to.isBare) deliverPresence(host, to, stanza as Presence);
  // §8.5.3.2.2: presence to a resource that is not there is ignored
}

/** §8.5.2 for a bare JID, §8.5.3.2.1 for a full JID without a session. */
function deliverMessage(host: VirtualHost, to: Jid, message: Message): Awaitable<void> {
  switch (message.type) {
    case 'normal':
      // §8.5.3.2.1: meant for a resource that is gone, it is not shown to the others
      if (!to.isBare) return undelivered(message);
      return toAccount(host, to, message);
    case 'chat':
      return toAccount(host, to, message);
    case 'headline':
      if (to.isBare) return hand(host, nonNegative(host.sessions.of(to)), message);
      return;
    case 'groupchat':
      return undelivered(message);
    case 'error':
      return;
  }
}

/**
 * §8.5.2.1.1: to the most available resources, which are those with the highest priority; else §8.5.2.2.1. All others would
 * have to opt in to get a chat message as well.
 */
function toAccount(host: VirtualHost, to: Jid, message: Message): Awaitable<void> {
  const takers = takersOf(host, to);
  if (takers.length > 0) return hand(host, takers, message);
  return offline(host, to, message);
}

export function takersOf(host: VirtualHost, account: Jid): readonly ClientSession[] {
  return mostAvailable(nonNegative(host.sessions.of(account)));
}

/** §8.5.2.1.2 and §8.5.1: to every resource that is there; nobody is told when there is none. */
function deliverPresence(host: VirtualHost, to: Jid, presence: Presence): void {
  for (const session of host.sessions.of(to)) if (session.reachable) session.deliver(presence);
}

/** §8.5.2.2.1: no resource takes it. An account that does not exist answers as one that keeps no offline messages. */
function offline(host: VirtualHost, to: Jid, message: Message): Awaitable<void> {
  const { hooks } = host;
  if (!hooks.has('message:offline') && !hooks.has('message:received')) return undelivered(message);
  const user = to.bare();
  return whenDone(host.accounts.exists(user.local), (exists) => {
    if (!exists) return undelivered(message);
    return received(host, { user, sessions: [], holders: [], stanza: message }, (stanza) =>
      keep(host, user, stanza, host.clock.now()),
    );
  });
}

/** What no module keeps is refused. @throws StanzaError service-unavailable */
export function keep(host: VirtualHost, user: Jid, message: Message, at: number): Awaitable<void> {
  const event = { user, at, stanza: message };
  return whenDone(host.hooks.run('message:offline', event), (outcome) => {
    if (outcome === 'passed') undelivered(event.stanza);
  });
}

function hand(host: VirtualHost, sessions: readonly ClientSession[], message: Message): Awaitable<void> {
  const [first] = sessions;
  if (first === undefined) return;
  if (!host.hooks.has('message:received')) return each(sessions, message);
  const holders = sessions.slice();
  const event = { user: first.user, sessions, holders, stanza: message };
  return received(host, event, (stanza) => each(sessions, stanza, holders));
}

/** Lets the modules see what an account gets, and goes on with what they made of it. */
function received(
  host: VirtualHost,
  event: StanzaEvents['message:received'],
  goOn: (message: Message) => Awaitable<void>,
): Awaitable<void> {
  return whenDone(host.hooks.run('message:received', event), (outcome) => {
    if (outcome === 'passed') return goOn(event.stanza);
  });
}

export function each(sessions: readonly ClientSession[], message: Message, holders = sessions): void {
  const shared = { message, holders };
  for (const session of sessions) session.deliver(message, shared);
}

export function undelivered(stanza: Stanza): void {
  if (stanza.type !== 'error' && stanza.type !== 'result') throw new StanzaError('service-unavailable');
}

/** Available resources with a priority that is not negative. */
function nonNegative(sessions: readonly ClientSession[]): readonly ClientSession[] {
  if (sessions.length === 1) return isTaker(sessions[0]) ? sessions : [];
  return sessions.filter(isTaker);
}

function mostAvailable(sessions: readonly ClientSession[]): readonly ClientSession[] {
  if (sessions.length < 2) return sessions;
  const highest = Math.max(...sessions.map(({ priority }) => priority));
  return sessions.filter(({ priority }) => priority === highest);
}

function isTaker(session: ClientSession | undefined): boolean {
  return session?.reachable === true && session.priority >= 0;
}
