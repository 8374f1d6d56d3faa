/** XEP-0313: Message Archive Management */
import { z } from 'zod';
import {
  type ArchiveEntry,
  type ArchiveView,
  type Awaitable,
  countEntries,
  defineModule,
  finElement,
  type Host,
  hasLastingContent,
  Jid,
  Message,
  metadataElement,
  NS_MAM,
  NS_RSM,
  NS_STANZA_ID,
  ns,
  parseStored,
  queryForm,
  Retention,
  readPage,
  readQuery,
  resultMessage,
  stanzaId,
  stanzaIdBy,
  USER_ARCHIVE,
  whenDone,
  withoutStanzaIds,
} from '#core';
import roster from '#modules/roster';
import { POLICIES, Preferences, type Prefs, prefsElement, readPrefs } from './preferences.ts';

const config = z.strictObject({
  default: z.enum(POLICIES).default('always').describe('What is archived for users who have set no preferences'),
  keep_days: z.int().min(0).max(36_500).default(0).describe('Age at which messages are deleted; 0 = never'),
  max_messages: z
    .int()
    .min(1_000)
    .max(1_000_000_000)
    .default(1_000_000)
    .describe('Most messages in one archive; the oldest go'),
  max_megabytes: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(1_024)
    .describe('Largest archive of one account; the oldest messages go'),
  page: z.int().min(1).max(1_000).default(50).describe('Messages in a page, where the client does not say'),
  max_page: z.int().min(1).max(1_000).default(250).describe('Most messages in a page'),
  max_preferences: z.int().min(0).max(100_000).default(1_000).describe('Most addresses in the preferences of one user'),
});

/** The archives of the host's users, for other modules. */
export interface MamApi {
  /**
   * The messages of a user with somebody, in order: the one by which this id was given, and at most `each` before and after it.
   * None when the archive has no such message with him.
   */
  around(user: Jid, other: Jid, id: string, each: number): Promise<readonly ArchiveEntry[]>;
}

export default defineModule({
  name: 'mam',
  xeps: [
    { xep: 313, version: '1.1.3', note: 'ids are numbers in ascending order; those of rooms are encrypted' },
    { xep: 441, version: '0.2.0' },
  ],
  requires: [roster],
  config,
  setup(host: Host<z.output<typeof config>>): MamApi {
    const archive = host.store.archive('mam');
    const preferences = new Preferences(host.store.map<Prefs>('mam'), host.use(roster), host.config.default);
    const { clock, log, signal } = host;
    const owners = async (after: string | undefined, limit: number) =>
      (await host.accounts.list(after, limit)).map(({ username }) => username);
    const retention = new Retention({ clock, log, signal, owners }, archive, {
      ageMs: host.config.keep_days * 86_400_000 || Infinity,
      entries: host.config.max_messages,
      size: host.config.max_megabytes * 1_048_576,
    });
    for (const feature of [NS_MAM, `${NS_MAM}#extended`, `${NS_MAM}#groupchat-field`, NS_RSM, NS_STANZA_ID]) {
      host.feature(feature, 'account'); // §7, XEP-0359 §5
    }

    // XEP-0359 §3 rule 2
    host.amend('client:sent', ({ session, stanza }) =>
      stanza instanceof Message ? withoutStanzaIds(stanza, session.user) : undefined,
    );

    // A message to oneself is archived once (§6.1.1): when it comes back
    host.amend('message:sent', ({ session: { user }, stanza }) => {
      const { to } = stanza;
      if (to !== undefined && !to.bare().equals(user)) return archived(user, to, stanza);
    });

    host.amend('message:received', ({ user, stanza }) =>
      archived(user, stanza.from ?? host.domain, withoutStanzaIds(stanza, user)),
    );

    /** The message as its owner sees it: with its id, once it is in the archive (§3.5). */
    function archived(user: Jid, other: Jid, message: Message): Awaitable<Message> {
      if (!isArchivable(message)) return message;
      return whenDone(preferences.allows(user, other), (isAllowed) =>
        isAllowed ? append(user, other, message) : message,
      );
    }

    /** docs/adr/0005: a number in decimal is the id, so that an entry has one. */
    function viewOf(user: Jid): ArchiveView {
      return { store: archive, owner: user.local, idOf: String, seqOf, match, show: ({ data }) => parseStored(data) };
    }

    function append(user: Jid, other: Jid, message: Message): Awaitable<Message> {
      const entry = { at: host.clock.now(), with: other.bare().toString(), data: textOf(message) };
      return whenDone(archive.append(user.local, entry), (seq) => {
        retention.appended(user.local, seq);
        return message.withChild(stanzaId(user, String(seq)));
      });
    }

    let written: { readonly message: Message; readonly text: string } | undefined;

    /** Sender and recipient keep the same text, written once. */
    function textOf(message: Message): string {
      if (written?.message !== message) written = { message, text: message.inOnePiece() };
      return written.text;
    }

    // Whoever is away finds it in the archive: it was not sent in vain. Module offline, which comes before, does more.
    host.handle('message:offline', ({ user, stanza }) => stanzaIdBy(stanza, user) !== undefined);

    // §4. The next query is looked at when this page has left: a client that does not read gets no second one.
    host.iq('set', 'query', NS_MAM, 'self', async (iq, { user }) => {
      const [owner, to] = [user as Jid, iq.from as Jid];
      const session = host.session(to);
      const view = viewOf(owner);
      const query = await readQuery(iq.payload, view, host.config);
      const page = await readPage(view, query, () => session?.ended !== true);
      for (const entry of query.isFlipped ? page.entries.toReversed() : page.entries) {
        session?.deliver(resultMessage(view, entry, query, owner, to));
      }
      await session?.drained();
      const count = query.max === 0 ? await countEntries(view, query.filter) : undefined;
      return finElement(view, page, count, query.isNumbered ? await archive.extent(owner.local) : undefined);
    });

    host.iq('get', 'query', NS_MAM, 'self', () => ns(NS_MAM)('query', {}, queryForm())); // §4.1.5
    host.iq('get', 'metadata', NS_MAM, 'self', (_iq, { user }) => metadataElement(viewOf(user as Jid))); // §5
    host.inlineBind(NS_MAM, (session) => metadataElement(viewOf(session.user))); // XEP-0386 §3.2

    // XEP-0441 §2.1
    host.iq('get', 'prefs', NS_MAM, 'self', (_iq, { user }) => whenDone(preferences.get(user as Jid), prefsElement));
    host.iq('set', 'prefs', NS_MAM, 'self', async (iq, { user }) => {
      const prefs = readPrefs(iq.payload, host.config.max_preferences);
      await preferences.set(user as Jid, prefs);
      return prefsElement(prefs);
    });

    host.offer(USER_ARCHIVE, {
      has: (user, id) => whenDone(archive.extent(user.local), ({ first }) => first > 0 && (seqOf(id) ?? 0) >= first),
    });

    host.observe('account:deleted', async ({ user }) => {
      await Promise.all([archive.purge(user.local), preferences.purge(user)]);
    });

    return {
      async around(user, other, id, each) {
        const seq = seqOf(id);
        const range = { with: other.bare().toString(), limit: each };
        const found = seq === undefined ? undefined : await archive.get(user.local, seq);
        if (seq === undefined || found?.with !== range.with) return [];
        const before = await archive.query(user.local, { ...range, before: seq, newestFirst: true });
        const after = await archive.query(user.local, { ...range, after: seq });
        return [...before.toReversed(), found, ...after];
      },
    };
  },
});

function seqOf(id: string): number | undefined {
  return /^[1-9]\d{0,14}$/.test(id) ? Number(id) : undefined;
}

/** §6.1.1: messages of type chat and normal, so not what rooms send. */
function isArchivable(message: Message): boolean {
  return (message.type === 'chat' || message.type === 'normal') && hasLastingContent(message);
}

/** §4.1.1: a full JID is that of the sender or of the recipient, as it stands in the message. */
function match(wanted: Jid) {
  const isThere = ({ data }: ArchiveEntry): boolean => {
    const { from, to } = parseStored(data).attrs;
    return [from, to].some((jid) => jid !== undefined && Jid.tryParse(jid)?.equals(wanted));
  };
  return { with: wanted.bare().toString(), test: wanted.isBare ? undefined : isThere };
}
