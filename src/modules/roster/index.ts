/** RFC 6121 §2: the roster */
import { z } from 'zod';
import {
  type Awaitable,
  type ClientSession,
  defineModule,
  type Host,
  type Iq,
  type Jid,
  ns,
  StanzaError,
  whenDone,
} from '#core';
import { isSubscriber, mutual, NS_ROSTER, query, type RosterItem, stranger } from './item.ts';
import type { Roster } from './roster.ts';
import { type RosterChange, Rosters, type RosterUpdate } from './rosters.ts';
import { readRosterSet } from './set-request.ts';
import { missedSince } from './version.ts';

export { isSubscriber, isSubscription, type RosterItem, type Subscription } from './item.ts';
export type { Roster } from './roster.ts';
export type { RosterChange, RosterUpdate } from './rosters.ts';

const configSchema = z.strictObject({
  max_items: z.int().min(1).max(1_000_000).default(1_000).describe('Most items in one roster'),
  max_name: z.int().min(1).max(65_536).default(1_023).describe('Longest name of an item, in characters'),
  max_group: z.int().min(1).max(65_536).default(1_023).describe('Longest name of a group, in characters'),
  max_groups: z.int().min(1).max(10_000).default(100).describe('Most groups of one item'),
});

/** Told after an item was removed, with the item as it was; also for every item, listed or not, of a deleted account. */
export type RemovalListener = (user: Jid, removed: RosterItem) => Awaitable<void>;

/** The rosters of the host's users, for other modules. */
export interface RosterApi {
  get(user: Jid): Awaitable<Roster>;
  /**
   * Changes what the roster holds about a contact: stores it, calls `told`, then pushes what a client can see of it.
   *
   * @throws StanzaError resource-constraint for one listed item too many, or what `change` throws.
   */
  update(user: Jid, contact: Jid, change: RosterChange, told?: (update: RosterUpdate) => void): Promise<RosterUpdate>;
  onRemoval(listener: RemovalListener): void;
  /** Whether `asker` may know if the user is there: the user itself, and who gets its presence. False for no account. */
  mayKnow(asker: Jid | undefined, user: Jid | undefined): Awaitable<boolean>;
}

export default defineModule({
  name: 'roster',
  xeps: [{ xep: 237, version: '1.3', note: 'in the form of RFC 6121 §2.6' }],
  config: configSchema,
  setup(host: Host<z.output<typeof configSchema>>): RosterApi {
    const rosters = new Rosters(host, host.config.max_items);
    const listeners: RemovalListener[] = [];

    const removed = async (user: Jid, item: RosterItem) => {
      for (const listener of listeners) await listener(user, item);
    };

    const ver = ns('urn:xmpp:features:rosterver')('ver');
    host.streamFeature(({ user }) => (user === undefined ? undefined : ver)); // §2.6.1
    host.iq('get', 'query', NS_ROSTER, 'self', (iq) => {
      const session = iq.from && host.session(iq.from);
      if (session?.contacts !== undefined) return query(undefined, session.contacts.map(mutual));
      return whenDone(rosters.get(ownerOf(iq)), (roster) => get(iq, session, roster));
    });
    host.iq('set', 'query', NS_ROSTER, 'self', (iq) => set(iq));

    /** §2.1.4, §2.6.3; whoever asks becomes an interested resource (§2.2). */
    function get(iq: Iq, session: ClientSession | undefined, roster: Roster) {
      if (session !== undefined) session.interested = true;
      const missed = missedSince(roster, iq.payload?.attr('ver'));
      if (missed === undefined || session === undefined) return query(roster.version, roster.listed());
      if (missed.length > 0) void rosters.pushLater(session, missed);
    }

    /** §2.3 to §2.5. The result says that it is stored. */
    async function set(iq: Iq): Promise<void> {
      if (iq.from && host.session(iq.from)?.contacts !== undefined) {
        throw new StanzaError('not-allowed', 'the contacts of this session are not kept here');
      }
      const user = ownerOf(iq);
      const { contact, isRemoval, name, groups } = readRosterSet(iq, user, host.config);
      if (isRemoval) return remove(user, contact);
      await rosters.update(user, contact, (item) => ({ ...item, listed: true, name, groups }));
    }

    /** §2.5.2. A request of the contact still waits for an answer: it never was the item's. */
    async function remove(user: Jid, contact: Jid): Promise<void> {
      const { before } = await rosters.update(user, contact, (item) => {
        // §2.5.3 shows it with this type.
        if (!item.listed) throw new StanzaError('item-not-found', 'no such contact', { type: 'modify' });
        return { ...stranger(contact), request: item.request };
      });
      await removed(user, { ...before, request: undefined });
    }

    host.observe('session:closed', ({ session }) => rosters.release(session.user));
    host.observe('account:deleted', async ({ user }) => {
      const items = [...(await rosters.get(user)).all()];
      await rosters.purge(user);
      for (const item of items) await removed(user, item);
    });

    return {
      get: (user) => rosters.get(user),
      update: (user, contact, change, told) => rosters.update(user, contact, change, told),
      onRemoval: (listener) => void listeners.push(listener),
      mayKnow(asker, user) {
        if (asker === undefined || user === undefined) return false;
        const contact = asker.bare();
        if (contact.equals(user)) return true;
        return whenDone(rosters.get(user), (roster) => isSubscriber(roster.get(contact)));
      },
    };
  },
});

/** Requests at target self come from the account itself. */
function ownerOf(iq: Iq): Jid {
  return (iq.from as Jid).bare();
}
