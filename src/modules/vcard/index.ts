/** XEP-0054: vcard-temp */
import { z } from 'zod';
import { defineModule, parseStored, StanzaError } from '#core';

const NS_VCARD = 'vcard-temp';

const config = z.strictObject({
  max_bytes: z
    .int()
    .min(1_024)
    .max(10_485_760)
    .default(131_072)
    .describe('Largest vCard, photograph included, in bytes'),
});

export default defineModule({
  name: 'vcard',
  xeps: [{ xep: 54, version: '1.3.0' }],
  config,
  setup(host) {
    const cards = host.store.map<string>('vcard');
    host.feature(NS_VCARD, ['host', 'account']);

    // §3.1, §3.3: anybody reads; to others an account without a vCard looks like no account
    host.iq('get', 'vCard', NS_VCARD, 'account', async (iq, { user }) => {
      const xml = await cards.get(user?.local ?? '', '');
      if (xml !== undefined) return parseStored(xml);
      throw new StanzaError(iq.from?.bare().equals(user) ? 'item-not-found' : 'service-unavailable');
    });

    // §3.2: only the owner writes
    host.iq('set', 'vCard', NS_VCARD, 'account', async (iq, { user }) => {
      if (user === undefined || !iq.from?.bare().equals(user)) throw new StanzaError('forbidden');
      const xml = iq.payload?.toString() ?? '';
      if (Buffer.byteLength(xml) > host.config.max_bytes) {
        throw new StanzaError('not-acceptable', `at most ${host.config.max_bytes} bytes`);
      }
      await cards.update(user.local, '', () => xml);
    });

    host.observe('account:deleted', ({ user }) => cards.purge(user.local));
  },
});
