/** XEP-0199: XMPP Ping */
import { defineModule, StanzaError } from '#core';

const NS_PING = 'urn:xmpp:ping';

export default defineModule({
  name: 'ping',
  xeps: [{ xep: 199, version: '2.0.1' }],
  hosts: 'any',
  setup(host) {
    host.feature(NS_PING); // §5
    // §4.2, §4.3: the empty result is the whole pong.
    host.iq('get', 'ping', NS_PING, 'host', () => {});
    // Only its owner gets one from an account. Others get what RFC 6121 §8.5.1 has for accounts that do not exist, or they could
    // find out which there are.
    host.iq('get', 'ping', NS_PING, 'account', ({ from }, { user }) => {
      if (user === undefined || !from?.bare().equals(user)) throw new StanzaError('service-unavailable');
    });
  },
});
