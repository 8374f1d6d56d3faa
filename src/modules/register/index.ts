/** XEP-0077: In-Band Registration */
import { z } from 'zod';
import { defineModule, HourlyLimit, hostOf, type Iq, JidError, ns, prepareLocal, StanzaError } from '#core';

const NS_REGISTER = 'jabber:iq:register';
const query = ns(NS_REGISTER);
const feature = ns('http://jabber.org/features/iq-register');

const config = z.strictObject({
  per_address_per_hour: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(5)
    .describe('Most attempts to register from one IP address (IPv6: one /64) in an hour; 0 = no limit'),
});

export default defineModule({
  name: 'register',
  xeps: [{ xep: 77, version: '2.4', note: 'username and password; no data forms' }],
  config,
  setup(host) {
    const limit = new HourlyLimit(host.clock, host.config.per_address_per_hour);
    const offer = feature('register');
    host.streamFeature(({ user }) => (user === undefined ? offer : undefined)); // §8
    host.feature(NS_REGISTER);

    // §3.1.1: before login everybody is unregistered
    host.iq('get', 'query', NS_REGISTER, 'stream', () =>
      query(
        'query',
        {},
        query('instructions', {}, 'Choose a username and a password.'),
        query('username'),
        query('password'),
      ),
    );

    host.iq('set', 'query', NS_REGISTER, 'stream', async (iq, { address = '' }) => {
      if (iq.payload?.child('remove') !== undefined) throw new StanzaError('unexpected-request'); // §3.2
      const { username, password } = fieldsOf(iq);
      if (username === '' || password === '')
        throw new StanzaError('not-acceptable', 'username and password are needed');
      const name = prepared(username);
      if (!limit.take(hostOf(address)))
        throw new StanzaError('resource-constraint', 'too many registrations, try again later');
      await host.createAccount(name, password);
    });

    host.iq('get', 'query', NS_REGISTER, ['host', 'self'], (iq) =>
      query('query', {}, query('registered'), query('username', {}, usernameOf(iq)), query('password')),
    );

    host.iq('set', 'query', NS_REGISTER, ['host', 'self'], (iq) =>
      iq.payload?.child('remove') === undefined ? changePassword(iq) : remove(iq),
    );

    /** §3.3 */
    async function changePassword(iq: Iq): Promise<void> {
      const own = usernameOf(iq);
      const { username, password } = fieldsOf(iq);
      if (username === '' || password === '') throw new StanzaError('bad-request', 'username and password are needed');
      if (prepared(username) !== own) throw new StanzaError('not-allowed', 'that is the account of somebody else');
      await host.accounts.setPassword(own, password);
    }

    /** §3.2. The result is sent here because the session that waits for it does not outlive the account. */
    async function remove(iq: Iq): Promise<void> {
      if (iq.payload?.elements().length !== 1) throw new StanzaError('bad-request', 'remove stands alone');
      await host.deleteAccount(usernameOf(iq), () => void host.route(iq.result()));
    }

    /** The host registers its own users only. */
    function usernameOf({ from }: Iq): string {
      if (from?.domain !== host.domain.domain || from.local === '') throw new StanzaError('registration-required');
      return from.local;
    }
  },
});

function fieldsOf({ payload }: Iq): { username: string; password: string } {
  return { username: payload?.childText('username') ?? '', password: payload?.childText('password') ?? '' };
}

function prepared(username: string): string {
  try {
    return prepareLocal(username);
  } catch (cause) {
    if (cause instanceof JidError) throw new StanzaError('jid-malformed', cause.message, { cause });
    throw cause;
  }
}
