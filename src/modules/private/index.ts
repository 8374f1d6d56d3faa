/** XEP-0049: Private XML Storage */
import { z } from 'zod';
import { defineModule, type Element, ns, parseStored, StanzaError } from '#core';

const NS_PRIVATE = 'jabber:iq:private';
const query = ns(NS_PRIVATE);

const config = z.strictObject({
  max_bytes: z.int().min(1_024).max(10_485_760).default(65_536).describe('Largest element stored, in bytes'),
  max_elements: z.int().min(1).max(100_000).default(200).describe('Most elements stored for one account'),
});

export default defineModule({
  name: 'private',
  xeps: [{ xep: 49, version: '1.2' }],
  config,
  setup(host) {
    const stored = host.store.map<string>('private');
    const { max_bytes, max_elements } = host.config;
    host.feature(NS_PRIVATE, 'account');

    host.iq('get', 'query', NS_PRIVATE, 'self', async (iq, { user }) => {
      const [wanted, ...more] = iq.payload?.elements() ?? [];
      if (wanted === undefined || more.length > 0) throw new StanzaError('bad-request', 'one element at a time');
      const xml = await stored.get(user?.local ?? '', keyOf(wanted));
      // §2.3: what was never stored comes back as it was asked for
      return query('query', {}, xml === undefined ? wanted : parseStored(xml));
    });

    host.iq('set', 'query', NS_PRIVATE, 'self', async (iq, { user }) => {
      const owner = user?.local ?? '';
      const elements = iq.payload?.elements() ?? [];
      const given = new Map(elements.map((element) => [keyOf(element), element.toString()]));
      if (given.size === 0) throw new StanzaError('not-acceptable', 'nothing to store');
      for (const xml of given.values()) {
        if (Buffer.byteLength(xml) > max_bytes) throw new StanzaError('not-acceptable', `at most ${max_bytes} bytes`);
      }
      const present = await stored.entries(owner);
      if (new Set([...present.keys(), ...given.keys()]).size > max_elements) {
        throw new StanzaError('resource-constraint', `at most ${max_elements} elements`);
      }
      await Promise.all([...given].map(([key, xml]) => stored.update(owner, key, () => xml)));
    });

    host.observe('account:deleted', ({ user }) => stored.purge(user.local));
  },
});

/** Elements are kept by name and namespace. @throws StanzaError §2.3: the namespace has to be one of its own. */
function keyOf({ name, ns: namespace }: Element): string {
  if (namespace === NS_PRIVATE || namespace === '') throw new StanzaError('not-acceptable', 'no namespace of its own');
  return `${name} ${namespace}`;
}
