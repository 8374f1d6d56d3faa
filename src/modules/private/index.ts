/** XEP-0049: Private XML Storage */
import { z } from 'zod';
import { defineModule, type Element, type Iq, ns, parseStored, StanzaError } from '#core';

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
      const wanted = onlyElement(iq);
      const xml = await stored.get(user?.local ?? '', keyOf(wanted));
      // §2.3: what was never stored comes back as it was asked for
      return query('query', {}, xml === undefined ? wanted : parseStored(xml));
    });

    host.iq('set', 'query', NS_PRIVATE, 'self', async (iq, { user }) => {
      const owner = user?.local ?? '';
      const element = onlyElement(iq);
      const xml = element.toString();
      if (Buffer.byteLength(xml) > max_bytes) throw new StanzaError('not-acceptable', `at most ${max_bytes} bytes`);
      const present = await stored.entries(owner);
      if (!present.has(keyOf(element)) && present.size >= max_elements) {
        throw new StanzaError('resource-constraint', `at most ${max_elements} elements`);
      }
      await stored.update(owner, keyOf(element), () => xml);
    });

    host.observe('account:deleted', ({ user }) => stored.purge(user.local));
  },
});

/** §2.2, §2.4: exactly one element, in a namespace of its own. */
function onlyElement(iq: Iq): Element {
  const elements = iq.payload?.elements() ?? [];
  const [element] = elements;
  if (element === undefined || elements.length > 1 || element.ns === NS_PRIVATE || element.ns === '') {
    throw new StanzaError('bad-request', 'one element in a namespace of its own is stored or read at a time');
  }
  return element;
}

function keyOf({ name, ns: namespace }: Element): string {
  return `${name} ${namespace}`;
}
