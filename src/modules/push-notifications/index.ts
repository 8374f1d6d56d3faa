/** XEP-0357: Push Notifications */
import { z } from 'zod';
import {
  defineModule,
  type Element,
  FilledForm,
  type Host,
  type Iq,
  Jid,
  JidError,
  Message,
  NS_DATA_FORMS,
  StanzaError,
  whenDone,
} from '#core';
import { isImportant } from './important.ts';
import { type News, NS_PUBSUB, NS_PUSH, SUMMARY } from './notification.ts';
import { Publisher } from './publisher.ts';
import { type Registration, Registrations } from './registrations.ts';

const PUBLISH_OPTIONS = `${NS_PUBSUB}#publish-options`;
/** For push services of this server to log in after it has started. */
const RESUME_AFTER_MS = 10_000;

const configSchema = z.strictObject({
  summary: z
    .array(z.enum(SUMMARY))
    .default(['message-count'])
    .describe('What push services learn of messages; sender and body are private, and pass through third parties'),
  max_services: z.int().min(1).max(1_000).default(20).describe('Most push services, or nodes of them, of one user'),
  max_options: z
    .int()
    .min(0)
    .max(65_536)
    .default(4_096)
    .describe('Most characters of the publish options and the name of a node'),
  max_errors: z
    .int()
    .min(1)
    .max(1_000)
    .default(10)
    .describe('Failures in a row after which a push service is disabled; waits between them grow from 10 s to 1 h'),
});

export default defineModule({
  name: 'push-notifications',
  xeps: [{ xep: 357, version: '0.4.1' }],
  config: configSchema,
  setup(host: Host<z.output<typeof configSchema>>) {
    const registrations = new Registrations(host.store.map<Registration>('push'), host.config.max_services);
    const queue = host.store.map<News>('push-queue');
    const publisher = new Publisher(host, queue, registrations, host.config, isAwake);
    host.defer(host.clock.after(RESUME_AFTER_MS, () => void publisher.resume()));

    host.feature(NS_PUSH, 'account'); // §4.1
    host.iq('set', 'enable', NS_PUSH, 'self', (iq) => enable(iq, iq.payload as Element)); // §5
    host.iq('set', 'disable', NS_PUSH, 'self', (iq) => disable(iq, iq.payload as Element)); // §6

    async function enable({ from }: Iq, request: Element): Promise<void> {
      const node = request.attr('node') ?? '';
      const form = FilledForm.in(request, PUBLISH_OPTIONS) && request.child('x', NS_DATA_FORMS);
      const options = form?.toString();
      if (node.length + (options?.length ?? 0) > host.config.max_options) {
        throw new StanzaError('not-acceptable', 'node and options are too long');
      }
      const jid = serviceOf(request);
      await registrations.enable(from as Jid, {
        jid,
        node,
        resource: from?.resource ?? '',
        errors: 0,
        ...(options && { options }),
      });
    }

    function disable({ from }: Iq, request: Element): Promise<void> {
      return registrations.disable(from as Jid, serviceOf(request), request.attr('node'));
    }

    // §7: other sessions may have got it; whoever sleeps learns that there is something to fetch.
    host.observe('message:received', ({ user, sessions, stanza }) =>
      whenDone(registrations.of(user), (all) => {
        if (all.length === 0 || !isNews(stanza, user)) return;
        for (const registration of all) {
          const { resource } = registration;
          // A room has sent it to each client that joined.
          if (stanza.type === 'groupchat' && !sessions.some(({ jid }) => jid.resource === resource)) continue;
          if (!isAwake(user, registration)) publisher.notify(user, registration, stanza);
        }
      }),
    );

    // What was said in a room that none of his clients is in.
    host.observe('message:missed', ({ user, stanza }) =>
      whenDone(registrations.of(user), (all) => {
        if (all.length === 0 || !isNews(stanza, user)) return;
        for (const registration of all) {
          if (!isAwake(user, registration)) publisher.notify(user, registration, stanza);
        }
      }),
    );

    // What was written to a link that turned out to be dead (XEP-0198).
    host.observe('session:detached', ({ session: { user, jid, management } }) =>
      whenDone(registrations.of(user), (all) => {
        const own = all.filter(({ resource }) => resource === jid.resource);
        if (own.length === 0) return;
        for (const { stanza, shared } of management?.unacknowledged ?? []) {
          const message = shared?.message ?? stanza;
          if (!(message instanceof Message) || !isNews(message, user)) continue;
          for (const registration of own) publisher.notify(user, registration, message);
        }
      }),
    );

    /** Whether the client that enabled it is connected, and reads what it gets. */
    function isAwake(user: Jid, { resource }: Registration): boolean {
      const session = resource === '' ? undefined : host.session(user.withResource(resource));
      // Without a connection it waits to be resumed (XEP-0198); a gate holds back what is not for inactive clients (XEP-0352).
      return session !== undefined && !session.detached && session.gate === undefined;
    }

    // §8
    host.handle('message:received', ({ user, stanza }) => {
      const node = revokedNode(stanza, user);
      if (node === undefined) return;
      const jid = stanza.from?.toString() ?? '';
      return whenDone(registrations.of(user), (all) => {
        if (!all.some((registration) => registration.jid === jid && registration.node === node)) return;
        return whenDone(registrations.disable(user, jid, node), () => true);
      });
    });

    host.observe('account:deleted', async ({ user }) => {
      await Promise.all([registrations.purge(user), publisher.purge(user)]);
    });
  },
});

function isNews(message: Message, user: Jid): boolean {
  return isImportant(message) && !message.from?.bare().equals(user);
}

function serviceOf(request: Element): string {
  const jid = request.attr('jid');
  if (jid === undefined) throw new StanzaError('bad-request', 'the jid of the push service is missing');
  try {
    return Jid.parse(jid).toString();
  } catch (error) {
    if (error instanceof JidError) throw new StanzaError('jid-malformed', error.message);
    throw error;
  }
}

/** §8: the node that the user may not publish to any more, by the word of its service. */
function revokedNode(message: Message, user: Jid): string | undefined {
  const pubsub = message.child('pubsub', NS_PUBSUB);
  const affiliation = pubsub?.child('affiliation');
  if (affiliation?.attr('affiliation') !== 'none' || !user.equals(Jid.tryParse(affiliation.attr('jid') ?? ''))) return;
  return pubsub?.attr('node');
}
