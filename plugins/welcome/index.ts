/** Greets every new account, when it is first there to be greeted */
import { defineModule, definePlugin, message, NS_CLIENT, ns, z } from 'tharsis/plugin';

const config = z.strictObject({
  text: z
    .string()
    .min(1)
    .default('Welcome! Add your friends by their addresses, and chat.')
    .describe('What a new account is told'),
});

const client = ns(NS_CLIENT);

const welcome = defineModule({
  name: 'welcome',
  config,
  setup(host) {
    const waiting = host.store.map<true>('welcome');

    // Nobody is logged in to an account that was just made: the greeting waits in the store.
    host.observe('account:created', async ({ user }) => {
      await waiting.update(user.local, '', () => true);
    });

    host.observe('session:available', async ({ session }) => {
      const { user } = session;
      if ((await waiting.get(user.local, '')) === undefined) return;
      // Two sessions can come at once: the one whose update finds the mark takes it, and the other greets nobody.
      let isFirst = false;
      await waiting.update(user.local, '', (mark) => {
        isFirst = mark === true;
        return undefined;
      });
      if (!isFirst) return;
      const body = client('body', {}, host.config.text);
      await host.route(message({ type: 'chat', from: host.domain, to: session.jid }, body));
    });

    host.observe('account:deleted', ({ user }) => waiting.purge(user.local));
  },
});

export default definePlugin({ name: 'tharsis-plugin-welcome', modules: [welcome] });
