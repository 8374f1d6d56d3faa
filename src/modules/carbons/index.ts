/** XEP-0280: Message Carbons */
import {
  type ClientSession,
  defineModule,
  forwarded,
  type Iq,
  type Jid,
  type Message,
  message,
  ns,
  StanzaError,
} from '#core';
import presence from '#modules/presence';
import { Answerable } from './answerable.ts';
import { isEligible, isToOccupant, NS_CARBONS } from './eligible.ts';

const NS_CARBONS_RULES = 'urn:xmpp:carbons:rules:0';
const carbons = ns(NS_CARBONS);

/** A user with at least one session that wants carbons. */
interface User {
  readonly sessions: Set<ClientSession>;
  readonly answerable: Answerable;
}

export default defineModule({
  name: 'carbons',
  xeps: [{ xep: 280, version: '1.0.1' }],
  requires: [presence],
  setup(host) {
    const directed = host.use(presence);
    const users = new Map<string, User>();
    host.feature(NS_CARBONS); // §3
    host.feature(NS_CARBONS_RULES); // §6.2

    // §4, §5; §10.1: to repeat either is no error
    host.iq('set', 'enable', NS_CARBONS, 'account', (iq, { user }) => enable(ownSession(iq, user)));
    host.iq('set', 'disable', NS_CARBONS, 'account', (iq, { user }) => disable(ownSession(iq, user)));
    host.inlineBind(NS_CARBONS, (session, request) => {
      if (request?.name === 'enable') enable(session);
      return undefined;
    });
    host.observe('session:closed', ({ session }) => disable(session));

    function ownSession(iq: Iq, user: Jid | undefined): ClientSession | undefined {
      if (iq.from === undefined || !iq.from.bare().equals(user)) throw new StanzaError('not-allowed');
      return host.session(iq.from);
    }

    function enable(session: ClientSession | undefined): void {
      if (session === undefined) return;
      const user = users.get(session.user.local);
      if (user === undefined)
        users.set(session.user.local, { sessions: new Set([session]), answerable: new Answerable() });
      else user.sessions.add(session);
    }

    function disable(session: ClientSession | undefined): void {
      if (session === undefined) return;
      const user = users.get(session.user.local);
      if (user?.sessions.delete(session) && user.sessions.size === 0) users.delete(session.user.local);
    }

    // §8
    host.observe('message:sent', ({ session, stanza }) => {
      const user = users.get(session.user.local);
      const { to } = stanza;
      // What a user sends to himself comes back as received: each of his sessions gets it once.
      if (user === undefined || to === undefined || to.bare().equals(session.user)) return;
      if (stanza.type === 'error' ? !user.answerable.has(to, stanza.id) : !isEligible(stanza, 'sent')) return;
      user.answerable.add(to, stanza.id);
      copy(user, 'sent', stanza, isToOccupant(stanza) ? strangersToRoom(user, session, to) : [session]);
    });

    // §7
    host.observe('message:received', ({ user: jid, sessions, holders, stanza }) => {
      const user = users.get(jid.local);
      const { from } = stanza;
      if (user === undefined || from === undefined) return;
      if (stanza.type === 'error' ? !user.answerable.has(from, stanza.id) : !isEligible(stanza, 'received')) return;
      user.answerable.add(from, stanza.id);
      const sender = from.bare().equals(jid) ? host.session(from) : undefined;
      copy(user, 'received', stanza, sender === undefined ? sessions : [...sessions, sender], holders);
    });

    /** §6.1: who has not joined with the nickname of the sender cannot answer there, and does without. */
    function strangersToRoom(user: User, session: ClientSession, occupant: Jid): readonly ClientSession[] {
      const nick = directed.toldNear(session, occupant);
      if (nick === undefined) return [session];
      return [session, ...[...user.sessions].filter((other) => !nick.equals(directed.toldNear(other, occupant)))];
    }
  },
});

/** To all that want carbons but for `served`. The copy is made and written once, whatever their number. */
function copy(
  user: User,
  direction: 'sent' | 'received',
  stanza: Message,
  served: readonly ClientSession[],
  holders?: ClientSession[],
): void {
  let carbon: Message | undefined;
  for (const session of user.sessions) {
    if (served.includes(session)) continue;
    carbon ??= message(
      { type: stanza.attrs.type === undefined ? undefined : stanza.type, from: session.user },
      carbons(direction, {}, forwarded(stanza)),
    );
    // Not routed: a carbon is no message of its own, to be archived or copied. An error in answer to it goes nowhere (§10.3).
    holders?.push(session);
    session.deliver(carbon.with({ to: session.jid }), holders && { message: stanza, holders });
  }
}
