/** RFC 3921 §3: session establishment, which RFC 6120 dropped and old clients still ask for */
import { defineModule, NS_SESSION, ns } from '#core';

const session = ns(NS_SESSION);

export default defineModule({
  name: 'session',
  setup(host) {
    // draft-cridland-xmpp-session: marked optional, so that newer clients skip the round trip
    const offer = session('session', {}, session('optional'));
    host.streamFeature(({ user }) => (user === undefined ? undefined : offer));
    host.iq('set', 'session', NS_SESSION, ['host', 'self'], () => {});
  },
});
