/** XEP-0160: Best Practices for Handling Offline Messages */
import { z } from 'zod';
import {
  type ArchiveEntry,
  type Awaitable,
  type ClientSession,
  defineModule,
  delayed,
  type Host,
  Iq,
  isExpired,
  Jid,
  type Message,
  NS_DATA_FORMS,
  Presence,
  parseStored,
  StanzaError,
  shapeStanza,
  stanzaIdBy,
  USER_ARCHIVE,
  whenDone,
} from '#core';
import { fateOf } from './fate.ts';
import { Handovers } from './handovers.ts';
import { Spool } from './spool.ts';

const NS_MAM = 'urn:xmpp:mam:2';
const DAY_MS = 86_400_000;

const configSchema = z.strictObject({
  max_messages: z.int().min(1).max(1_000_000).default(10_000).describe('Most messages that wait for one user'),
  max_size: z
    .int()
    .min(1_000)
    .max(1_073_741_824)
    .default(16_777_216)
    .describe('Most characters of the messages that wait for one user'),
  max_age_days: z
    .int()
    .min(0)
    .max(36_500)
    .default(0)
    .describe('Days after which a message is dropped instead of delivered; 0 for never'),
});

export default defineModule({
  name: 'offline',
  xeps: [{ xep: 160, version: '1.0.1' }],
  config: configSchema,
  setup(host: Host<z.output<typeof configSchema>>) {
    const spool = new Spool(host.store.archive('offline'), host.config);
    const handovers = new Handovers(host, spool, restore);
    /** When a session last read its archive, in milliseconds since 1970. */
    const readAt = new WeakMap<ClientSession, number>();

    host.feature('msgoffline'); // §4

    // §2, steps 3 and 4
    host.handle('message:offline', ({ user, at, stanza }) => {
      const fate = fateOf(stanza);
      if (fate === 'refused') throw new StanzaError('service-unavailable');
      if (fate === 'dropped') return true;
      return whenDone(spooled(user, stanza, at), (number) => {
        if (number === undefined) return false;
        handovers.wake(user);
        return true;
      });
    });

    /**
     * Its number in the store; undefined where there is no room for it, and need not be: the archive has it.
     *
     * @throws StanzaError service-unavailable (§2, step 3)
     */
    function spooled(user: Jid, message: Message, at: number): Awaitable<number | undefined> {
      return whenDone(spool.add(user, message, at), (number) => {
        if (number === undefined && stanzaIdBy(message, user) === undefined) {
          throw new StanzaError('service-unavailable', 'too many messages wait for this user');
        }
        return number;
      });
    }

    // It is still here, and goes to another session from here (XEP-0198 §4).
    host.guard('message:unacknowledged', ({ stanza }) => !handovers.takesBack(stanza));

    // What comes meanwhile does not overtake what waits (RFC 6120 §10.1).
    host.handle('message:received', ({ user, sessions, stanza }) => {
      const taker = handovers.to(user);
      if (taker === undefined || !sessions.includes(taker) || fateOf(stanza) !== 'kept') return;
      return whenDone(spooled(user, stanza, host.clock.now()), (number) => {
        if (number === undefined) return false;
        handovers.wake(user);
        for (const session of sessions) handovers.give(session, stanza, number);
        return true;
      });
    });

    // §2, step 5. Not by session:available, since a priority can cease to be negative later.
    host.observe('client:sent', ({ session, stanza }) => {
      if (stanza instanceof Presence && stanza.to === undefined) handovers.start(session);
      else if (stanza instanceof Iq && isArchiveQuery(stanza)) readAt.set(session, host.clock.now());
    });

    host.observe('account:deleted', ({ user }) => spool.purge(user));

    function restore({ data, at }: ArchiveEntry, session: ClientSession): Awaitable<Message | undefined> {
      const { max_age_days: days } = host.config;
      if (days > 0 && at < host.clock.now() - days * DAY_MS) return;
      const element = parseStored(data);
      const addresses = { to: Jid.tryParse(element.attr('to') ?? ''), from: Jid.tryParse(element.attr('from') ?? '') };
      const message = shapeStanza(element, addresses) as Message;
      if (isExpired(message, host.clock.now())) return;
      const id = at < knownUntil(session) ? stanzaIdBy(message, session.user) : undefined;
      const isKnown = id !== undefined && (session.host.contracts.find(USER_ARCHIVE)?.has(session.user, id) ?? true);
      return whenDone(isKnown, (is) => (is ? undefined : delayed(message, at, host.domain)));
    }

    /**
     * Up to when a session has what the archive has, by its own reading (XEP-0313 §6.1.1, which suggests to leave it out, as
     * Prosody does) or by the rule of Bind 2 (XEP-0386 §3.2). What the archive did not take, or does not have any more, is
     * delivered to it as well.
     */
    function knownUntil(session: ClientSession): number {
      if (!host.features('account').includes(NS_MAM)) return 0;
      return Math.max(session.bind2 ? session.boundAt : 0, readAt.get(session) ?? 0);
    }
  },
});

/** Of the user's own archive, and not of one conversation in it only. */
function isArchiveQuery({ type, to, from, payload }: Iq): boolean {
  if (type !== 'set' || !payload?.is('query', NS_MAM) || !(to ?? from)?.bare().equals(from?.bare())) return false;
  return (
    payload
      .child('x', NS_DATA_FORMS)
      ?.elements('field')
      .some((field) => field.attr('var') === 'with') !== true
  );
}
