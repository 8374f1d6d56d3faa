/** XEP-0202: Entity Time */
import { defineModule, ns } from '#core';

const NS_TIME = 'urn:xmpp:time';
const time = ns(NS_TIME);

export default defineModule({
  name: 'time',
  xeps: [{ xep: 202, version: '2.0' }],
  hosts: 'any',
  setup(host) {
    host.feature(NS_TIME);
    host.iq('get', 'time', NS_TIME, 'host', () =>
      time('time', {}, time('tzo', {}, 'Z'), time('utc', {}, new Date(host.clock.now()).toISOString())),
    );
  },
});
