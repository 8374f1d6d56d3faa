/** XEP-0352: Client State Indication */
import { z } from 'zod';
import { type ClientSession, defineModule, type Host, ns, StreamError } from '#core';
import presence from '#modules/presence';
import { Held } from './held.ts';
import { UNIMPORTANT, Unimportant } from './unimportant.ts';

const NS_CSI = 'urn:xmpp:csi:0';
const csi = ns(NS_CSI)('csi');

const configSchema = z.strictObject({
  hold: z
    .array(z.enum(UNIMPORTANT))
    .default(['presence', 'chat-states', 'pep'])
    .describe(
      'What waits while a client is inactive; groupchat: messages in rooms that do not name the nickname of the user',
    ),
  max_held_bytes: z
    .int()
    .min(0)
    .max(16_777_216)
    .default(262_144)
    .describe('Most that is held back for one client, in bytes; past it all of it is written'),
});

export default defineModule({
  name: 'csi',
  xeps: [{ xep: 352, version: '1.0.0' }],
  requires: [presence],
  config: configSchema,
  setup(host: Host<z.output<typeof configSchema>>) {
    const directed = host.use(presence);
    const unimportant = new Unimportant(
      host.config.hold,
      (session, room) => directed.toldNear(session, room)?.resource,
    );

    host.streamFeature(({ user }) => (user === undefined ? undefined : csi)); // §4.1

    // §4.2; §5.1: what was held is written before anything the client sends next is answered
    host.nonza(NS_CSI, (session, { name }) => {
      if (name === 'active') activate(session);
      else if (name === 'inactive') deactivate(session);
      else throw new StreamError('unsupported-stanza-type', 'a client is active or inactive');
    });
    host.inlineBind(NS_CSI, (session, request) => {
      if (request?.name === 'inactive') deactivate(session);
      return undefined;
    });

    // §5.2: a stream begins active, also one that goes on with an earlier session
    host.observe('session:resumed', ({ session }) => activate(session));

    function deactivate(session: ClientSession): void {
      if (!(session.gate instanceof Held)) session.gate = new Held(session, unimportant, host.config.max_held_bytes);
    }

    function activate(session: ClientSession): void {
      if (!(session.gate instanceof Held)) return;
      const held = session.gate;
      session.gate = undefined;
      held.flush();
    }
  },
});
