/** XEP-0199: XMPP Ping */
import { defineModule } from '#core';

const NS_PING = 'urn:xmpp:ping';

export default defineModule({
  name: 'ping',
  xeps: [{ xep: 199, version: '2.0.1' }],
  hosts: 'any',
  setup(host) {
    host.feature(NS_PING); // §5
    // §4.2, §4.3: the empty result is the whole pong. Only its owner gets one from an account, or anybody could find out
    // which accounts there are.
    host.iq('get', 'ping', NS_PING, ['host', 'self'], () => {});
  },
});
