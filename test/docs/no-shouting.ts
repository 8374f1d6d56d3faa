import { defineModule, definePlugin, Message, StanzaError, z } from 'tharsis/plugin';

const noShouting = defineModule({
  name: 'no-shouting',
  config: z.strictObject({
    capitals: z.int().min(0).default(20).describe('Most capital letters in one message'),
  }),
  setup(host) {
    host.guard('client:sent', ({ stanza }) => {
      if (!(stanza instanceof Message)) return;
      const capitals = stanza.childText('body')?.match(/\p{Lu}/gu)?.length ?? 0;
      if (capitals > host.config.capitals) throw new StanzaError('not-acceptable', 'Please do not shout.');
    });
  },
});

export default definePlugin({ name: 'no-shouting', modules: [noShouting] });
