/** XEP-0199: XMPP Ping */
import { defineModule } from '#core';

const NS_PING = 'urn:xmpp:ping';

export default defineModule({
  name: 'ping',
  xeps: [{ xep: 199, version: '2.0.1' }],
  hosts: 'any',
  setup(host) {
    host.feature(NS_PING, ['host', 'account']); // §5
    host.iq('get', 'ping', NS_PING, ['host', 'account'], () => {}); // §4.2, §4.3: the empty result is the whole pong
  },
});
