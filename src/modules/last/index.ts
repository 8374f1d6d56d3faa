/** XEP-0012: Last Activity */
import { defineModule, type Element, Iq, ns, StanzaError, whenDone } from '#core';
import roster from '#modules/roster';

const NS_LAST = 'jabber:iq:last';
const query = ns(NS_LAST);

/** When the last resource of an account went, and what it said. */
interface Departure {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly status?: string;
}

export default defineModule({
  name: 'last',
  xeps: [{ xep: 12, version: '2.0' }],
  requires: [roster],
  setup(host) {
    const rosters = host.use(roster);
    const departures = host.store.map<Departure>('last');
    const startedAt = host.clock.now();
    host.feature(NS_LAST, ['host', 'account']);

    host.iq('get', 'query', NS_LAST, 'host', () => activity(host.clock.now() - startedAt)); // §5

    // §3
    host.iq('get', 'query', NS_LAST, 'account', (iq, { user }) =>
      whenDone(rosters.mayKnow(iq.from, user), (may) => {
        if (!may || user === undefined) throw new StanzaError('forbidden');
        if (host.sessions(user).length > 0) return activity(0);
        return whenDone(departures.get(user.local, ''), (last) => {
          if (last === undefined) throw new StanzaError('item-not-found', 'never was here');
          return activity(host.clock.now() - last.at, last.status);
        });
      }),
    );

    // §4: a client is not even asked by those who may not know that it is there
    host.guard('host:arrived', ({ stanza }) => {
      const { to } = stanza;
      if (!(stanza instanceof Iq) || stanza.type !== 'get' || to === undefined || to.isBare || to.local === '') return;
      if (!stanza.payload?.is('query', NS_LAST)) return;
      return whenDone(rosters.mayKnow(stanza.from, to.bare()), (may) => {
        if (!may) throw new StanzaError('forbidden');
      });
    });

    host.observe('session:unavailable', async ({ session, presence }) => {
      const { user } = session;
      if (host.sessions(user).some((other) => other !== session && other.available)) return;
      const status = presence.childText('status');
      await departures.update(user.local, '', () => ({ at: host.clock.now(), ...(status && { status }) }));
    });

    host.observe('account:deleted', ({ user }) => departures.purge(user.local));
  },
});

function activity(ms: number, status?: string): Element {
  return query('query', { seconds: String(Math.max(0, Math.floor(ms / 1_000))) }, status);
}
