/** Messages between strangers are dropped without a word, for games whose players may write to friends only */
import { defineModule, type Host, type Jid, Message, whenDone } from '#core';
import presence from '#modules/presence';
import roster, { isSubscriber, isSubscription } from '#modules/roster';

export default defineModule({
  name: 'friends-only',
  requires: [roster, presence],
  setup(host: Host) {
    const rosters = host.use(roster);
    const { toldNear } = host.use(presence);

    // Only here, where the sender's own copy is made already: his archive and his other devices do not give it away either.
    host.guard('host:arrived', ({ stanza }) => {
      const { from, to } = stanza;
      // An error is an answer to what the user himself sent.
      if (!(stanza instanceof Message) || stanza.type === 'error') return;
      if (from === undefined || to === undefined || to.local === '' || isKnown(from, to)) return;
      return whenDone(rosters.get(to.bare()), (contacts) => {
        const item = contacts.get(from.bare());
        return isSubscriber(item) || isSubscription(item);
      });
    });

    /**
     * The user, a server, a service of ours, whose rooms say themselves who may speak, or where one of the user's sessions shows itself,
     * such as a room elsewhere.
     */
    function isKnown(from: Jid, to: Jid): boolean {
      if (from.local === '' || from.bare().equals(to.bare())) return true;
      if (from.domain !== host.domain.domain && host.services.some(({ jid }) => jid.domain === from.domain))
        return true;
      return host.sessions(to).some((session) => toldNear(session, from) !== undefined);
    }
  },
});
