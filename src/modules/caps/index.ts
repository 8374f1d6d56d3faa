/** XEP-0115: Entity Capabilities, the server's own */
import { defineModule, type Element, ns } from '#core';
import disco from '#modules/disco';
import { hashOf, verificationString } from './verification.ts';

const NS_CAPS = 'http://jabber.org/protocol/caps';
/** §4: names the software. */
const NODE = 'urn:x-tharsis:server';
const caps = ns(NS_CAPS);

export default defineModule({
  name: 'caps',
  xeps: [{ xep: 115, version: '1.6.0', note: "the server's own capabilities; those of clients pass through" }],
  requires: [disco],
  setup(host) {
    const discovery = host.use(disco);
    let described = '';
    let ver = '';
    let offer: Element = caps('c');

    /** Hashes again only when features or identities changed. */
    function refresh(): void {
      const present = verificationString(discovery.hostInfo());
      if (present === described) return;
      described = present;
      ver = hashOf(present);
      offer = caps('c', { hash: 'sha-1', node: NODE, ver });
    }

    host.feature(NS_CAPS); // §7
    // §6.3; the features before login are for strangers and change with it
    host.streamFeature(({ user }) => {
      if (user === undefined) return undefined;
      refresh();
      return offer;
    });
    discovery.onNode((node) => {
      refresh();
      return node === `${NODE}#${ver}` ? discovery.hostInfo() : undefined; // §6.2
    });
  },
});
