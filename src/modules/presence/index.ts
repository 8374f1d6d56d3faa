/** RFC 6121 §3, §4: presence subscriptions, and the exchange of presence */
import { z } from 'zod';
import {
  type Awaitable,
  type ClientSession,
  defineModule,
  GenerationCache,
  type Host,
  Iq,
  type Jid,
  ns,
  Presence,
  presence,
  StanzaError,
  whenDone,
} from '#core';
import roster, { isSubscriber } from '#modules/roster';
import { broadcast, broadcastUnavailable } from './broadcast.ts';
import { DirectedPresence } from './directed.ts';
import { SeenElsewhere } from './elsewhere.ts';
import { answerInvisible } from './invisible.ts';
import { deliverPending, repeatRequests } from './pending.ts';
import { answerProbe, gatherPresence } from './probe.ts';
import { answerBatch, NS_PROBES, ProbeBatches } from './probe-batch.ts';
import { cancelSubscriptions } from './removal.ts';
import { receiveSubscription } from './subscription-in.ts';
import { sendSubscription } from './subscription-out.ts';

const configSchema = z.strictObject({
  max_directed: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('Most entities a session can send directed presence to'),
  max_elsewhere: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(1_000)
    .describe('Most resources at one other server of which a user is told that they are gone when that server is'),
  max_requests: z.int().min(1).max(100_000).default(1_000).describe('Most subscription requests waiting for one user'),
  max_request_bytes: z
    .int()
    .min(0)
    .max(65_536)
    .default(4_096)
    .describe('Largest subscription request kept with its content, in bytes'),
});

/** Contents of presence that are remembered. */
const SAID = 2_000;

/** What other modules may ask. */
export interface PresenceApi {
  /** Whom at the bare JID of `entity` the session showed itself to by directed presence: the occupant it is in that room. */
  toldNear(session: ClientSession, entity: Jid): Jid | undefined;
}

export default defineModule({
  name: 'presence',
  xeps: [{ xep: 186, version: '0.14.0' }],
  requires: [roster],
  config: configSchema,
  setup(host: Host<z.output<typeof configSchema>>): PresenceApi {
    const rosters = host.use(roster);
    const directed = new DirectedPresence(host.config.max_directed);
    const elsewhere = new SeenElsewhere(host, host.config.max_elsewhere);
    const probing = { host, rosters, directed, batches: new ProbeBatches(host) };
    host.feature(NS_PROBES);
    host.iq('set', 'probes', NS_PROBES, 'host', (iq) => answerBatch(probing, iq));

    const sub = ns('urn:xmpp:features:pre-approval')('sub');
    host.streamFeature(({ user }) => (user === undefined ? undefined : sub)); // §3.4
    answerInvisible(host, probing);

    host.handle('client:sent', ({ session, stanza }) => {
      if (!(stanza instanceof Presence)) return false;
      const { type, to } = stanza;
      // It waited for another module while the session ended: nobody would ever be told that it is gone.
      if (session.ended && type === 'available') return true;
      switch (type) {
        case 'available':
        case 'unavailable':
          if (to === undefined) return taken(type === 'available' ? announce(session, stanza) : leave(session, stanza));
          if (!to.bare().equals(session.user)) directed.sent(session, stanza, to);
          return false;
        case 'subscribe':
        case 'subscribed':
        case 'unsubscribe':
        case 'unsubscribed':
          return taken(sendSubscription(host, rosters, session, stanza));
        case 'probe':
          return false; // §4.3: served like a server's
        case 'error':
          return to === undefined; // for nobody
      }
    });

    host.handle('host:arrived', ({ stanza }) => {
      if (!(stanza instanceof Presence) || stanza.type === 'available' || stanza.type === 'error') return false;
      const { type, from } = stanza;
      const to = stanza.to ?? from?.bare();
      if (from === undefined || to === undefined || to.local === '') return false;
      if (type === 'unavailable') {
        directed.left(host.sessions(to), from);
        return false;
      }
      return taken(
        type === 'probe'
          ? answerProbe(probing, stanza, from, to)
          : receiveSubscription(host, rosters, stanza, from, to),
      );
    });

    host.observe('host:arrived', ({ stanza: { from, to }, stanza }) => {
      if (!(stanza instanceof Presence) || from === undefined || to === undefined) return;
      if (from.domain === host.domain.domain || host.sessions(to).length === 0) return;
      if (stanza.type === 'available' || stanza.type === 'unavailable') elsewhere.told(to, from, stanza);
    });
    host.observe('remote:lost', ({ domain }) => elsewhere.ask(domain));
    host.observe('remote:unreachable', ({ domain }) => elsewhere.vanished(domain));

    // §8.5.3.1: an answer would show that the resource is there, so strangers get the one for a resource that is not.
    // Not a guard: it comes after those of modules whose XEP names another error.
    host.handle('host:arrived', ({ stanza }) => {
      const { to, from } = stanza;
      if (!(stanza instanceof Iq) || (stanza.type !== 'get' && stanza.type !== 'set')) return;
      if (to === undefined || to.isBare || from === undefined || from.equals(host.domain)) return;
      const session = host.session(to);
      if (session === undefined || from.bare().equals(session.user) || directed.toldNear(session, from)) return;
      if (session.contacts?.some((contact) => contact.equals(from.bare()))) return;
      return whenDone(rosters.get(session.user), (contacts) => {
        if (!isSubscriber(contacts.get(from.bare()))) throw new StanzaError('service-unavailable');
      });
    });

    /** Each session keeps its presence, and most say what others say. */
    const said = new GenerationCache<Presence>(SAID);

    /** §4.2.2, §4.4.2 */
    function announce(session: ClientSession, given: Presence): Awaitable<void> {
      const isInitial = !session.available;
      session.priority = given.priority;
      if (session.invisible) return; // XEP-0186 §3.1.1
      const sent = given.sharing(said);
      session.presence = sent;
      if (session.contacts !== undefined) {
        broadcast(host, session, session.contacts, sent);
        return isInitial ? host.notify('session:available', { session, presence: sent }) : undefined;
      }
      return whenDone(rosters.get(session.user), (contacts) => {
        if (session.presence !== sent) return; // it ended while the roster was read
        broadcast(host, session, contacts.subscribers(), sent);
        if (!isInitial) return;
        gatherPresence(probing, session, contacts);
        deliverPending(session, contacts);
        repeatRequests(host, session, contacts);
        return host.notify('session:available', { session, presence: sent });
      });
    }

    /** §4.5.2, on the client's own word; the loss of a session comes to the same event. */
    function leave(session: ClientSession, sent: Presence): Awaitable<void> {
      session.invisible = false;
      if (!session.available) return forget(session, sent);
      session.presence = undefined;
      return host.notify('session:unavailable', { session, presence: sent });
    }

    /** §4.6.3 rule 3: a resource that is not available can have shown itself to some. */
    function forget(session: ClientSession, last: Presence): void {
      for (const to of directed.take(session)) void host.route(last.with({ to }));
    }

    host.observe('session:unavailable', ({ session, presence: last }) => {
      const gone = (subscribers: readonly Jid[]) => broadcastUnavailable(host, session, subscribers, last, directed);
      if (session.contacts !== undefined) return gone(session.contacts);
      return whenDone(rosters.get(session.user), (contacts) => gone(contacts.subscribers()));
    });
    host.observe('session:closed', ({ session }) => {
      forget(session, presence({ type: 'unavailable', from: session.jid }));
      if (host.sessions(session.user).length === 0) elsewhere.left(session.user);
    });
    rosters.onRemoval((user, removed) => cancelSubscriptions(host, user, removed));
    return { toldNear: (session, entity) => directed.toldNear(session, entity) };
  },
});

function taken(work: Awaitable<void>): Awaitable<true> {
  return whenDone(work, () => true as const);
}
