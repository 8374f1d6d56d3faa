/** XEP-0313 §6.1.2: the messages of rooms, in the order in which all occupants get them */
import {
  type ArchiveEntry,
  type ArchiveStore,
  type Awaitable,
  Element,
  type Host,
  hasLastingContent,
  isPromise,
  type MapStore,
  type Message,
  ns,
  parseStored,
  Retention,
  stanzaId,
  whenDone,
} from '#core';
import type { ArchiveIds } from './archive-ids.ts';
import type { MucConfig } from './config.ts';
import { NS_MUC_USER } from './namespaces.ts';
import type { Occupant, Room, Visit } from './room.ts';
import { reflectedMessage } from './stored-room.ts';
import { isSubjectChange } from './subject.ts';

const muc = ns(NS_MUC_USER);

export class RoomArchive {
  readonly store: ArchiveStore;
  readonly ids: ArchiveIds;
  readonly #host: Host<MucConfig>;
  readonly #retention: Retention;
  /** By room and number: what stands in the place of a message that was taken back, as XML. */
  readonly #tombstones: MapStore<string>;

  constructor(host: Host<MucConfig>, ids: ArchiveIds) {
    const { clock, log, signal, config } = host;
    this.#host = host;
    this.ids = ids;
    this.store = host.store.archive('muc');
    this.#tombstones = host.store.map('muc-tombstone');
    const rooms = host.store.map('muc');
    const owners = (after: string | undefined, limit: number) => rooms.owners(after, limit);
    this.#retention = new Retention({ clock, log, signal, owners }, this.store, {
      ageMs: config.keep_days * 86_400_000 || Number.POSITIVE_INFINITY,
      entries: config.max_messages,
      size: config.max_megabytes * 1_048_576,
    });
  }

  /**
   * Keeps a message, and gives it the id by which it is found again.
   *
   * @param message as the occupants get it, without `to`
   */
  keep(room: Room, { jid, occupant }: Visit, message: Message, at: number): Awaitable<Message> {
    if (!this.#host.config.archive || !(hasLastingContent(message) || isSubjectChange(message))) return message;
    const data = message.withChild(senderOf(room, occupant, jid.toString())).toString();
    const number = this.store.append(room.name, { at, with: occupant.user.toString(), data });
    return whenDone(number, (seq) => {
      this.#retention.appended(room.name, seq);
      return message.withChild(stanzaId(room.jid, this.ids.toText(room.name, seq)));
    });
  }

  /** The latest messages of a room that was loaded, for its history. */
  recall(room: Room): Awaitable<void> {
    const most = room.config.history;
    if (!this.#host.config.archive || most === 0) return;
    const latest = whenDone(this.store.query(room.name, { limit: most, newestFirst: true }), (entries) => {
      return this.redacted(room, entries);
    });
    return whenDone(latest, (entries) => {
      for (const { data, at, seq } of entries.toReversed()) {
        const message = reflectedMessage(withoutSender(parseStored(data)));
        if (message.child('body') === undefined) continue;
        const id = stanzaId(room.jid, this.ids.toText(room.name, seq));
        room.history.add(message.withChild(id), at, most);
      }
    });
  }

  /** … of the room itself, about what was said. */
  keepOwn(room: Room, message: Message, at: number): Awaitable<Message> {
    return whenDone(this.store.append(room.name, { at, with: '', data: message.toString() }), (seq) => {
      this.#retention.appended(room.name, seq);
      return message.withChild(stanzaId(room.jid, this.ids.toText(room.name, seq)));
    });
  }

  /** The message with this id. */
  find(room: Room, id: string): Awaitable<ArchiveEntry | undefined> {
    const seq = this.ids.toSeq(room.name, id);
    return seq === undefined ? undefined : this.store.get(room.name, seq);
  }

  /** Puts a tombstone in the place of a message. Resolves when it is committed. */
  async entomb(room: Room, seq: number, data: string): Promise<void> {
    await this.#tombstones.update(room.name, String(seq), () => data);
  }

  /** The entries as they may be handed out: tombstones for those that were taken back. */
  redacted(room: Room, entries: readonly ArchiveEntry[]): Awaitable<readonly ArchiveEntry[]> {
    const found = entries.map(({ seq }) => this.#tombstones.get(room.name, String(seq)));
    const stones = found.some(isPromise) ? Promise.all(found) : (found as readonly (string | undefined)[]);
    return whenDone(stones, (all) => entries.map((entry, at) => ({ ...entry, data: all[at] ?? entry.data })));
  }

  async purge(room: Room): Promise<void> {
    await Promise.all([this.store.purge(room.name), this.#tombstones.purge(room.name)]);
  }
}

/** §6.1.2: who sent it, for those who may know. The room has taken out what came in that namespace. */
function senderOf(room: Room, { user, role }: Occupant, jid: string) {
  return muc('x', {}, muc('item', { affiliation: room.affiliationOf(user), jid, role }));
}

export function withoutSender(message: Element): Element {
  const rest = message.children.filter((node) => typeof node === 'string' || !node.is('x', NS_MUC_USER));
  return new Element(message.name, message.ns, message.attrs, rest);
}
