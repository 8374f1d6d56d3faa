/** The rooms of a service: loaded when first needed, in memory while somebody is in them, and a while longer */
import { type Awaitable, GenerationCache, type Host, isPromise, Jid, type MapStore, whenDone } from '#core';
import type { MucConfig } from './config.ts';
import { History } from './history.ts';
import { type Affiliated, Room } from './room.ts';
import type { RoomArchive } from './room-archive.ts';
import { initialConfig } from './room-config.ts';
import { fromStored, type StoredEntry, toStored, WHOLE } from './stored-room.ts';

/** What is listed of a public room. */
export interface Listed {
  readonly name: string;
  readonly description: string;
  readonly language: string;
}

export class Rooms {
  readonly #host: Host<MucConfig>;
  readonly #archive: RoomArchive;
  readonly #store: MapStore<StoredEntry>;
  /** By bare JID, the persistent rooms a user has an affiliation to. */
  readonly #byUser: MapStore<Affiliated['affiliation']>;
  readonly #listed: MapStore<Listed>;
  /** XEP-0054, as XML. */
  readonly #vcards: MapStore<string>;
  /** Rooms with somebody in them. */
  readonly #open = new Map<string, Room>();
  readonly #idle: GenerationCache<Room>;
  readonly #loading = new Map<string, Promise<Room | undefined>>();
  /** By bare JID, the rooms a user made that may not be stored. */
  readonly #made = new Map<string, Set<Room>>();

  constructor(host: Host<MucConfig>, archive: RoomArchive) {
    this.#host = host;
    this.#archive = archive;
    this.#store = host.store.map('muc');
    this.#byUser = host.store.map('muc-user');
    this.#listed = host.store.map('muc-public');
    this.#vcards = host.store.map('muc-vcard');
    this.#idle = new GenerationCache(host.config.idle_rooms);
  }

  /** Rooms with somebody in them. */
  get open(): Iterable<Room> {
    return this.#open.values();
  }

  /** The room of this name, if somebody is in it. */
  opened(name: string): Room | undefined {
    return this.#open.get(name);
  }

  /** By the localpart of its JID. */
  get(name: string): Awaitable<Room | undefined> {
    const known = this.#open.get(name) ?? this.#idle.get(name) ?? this.#loading.get(name);
    if (known !== undefined) return known;
    const loaded = whenDone(this.#store.entries(name), (entries) => this.#loaded(name, entries));
    if (!isPromise(loaded)) return loaded;
    this.#loading.set(name, loaded);
    loaded.finally(() => this.#loading.delete(name)).catch(() => {});
    return loaded;
  }

  #loaded(name: string, entries: ReadonlyMap<string, StoredEntry>): Awaitable<Room | undefined> {
    const room = fromStored(this.#jid(name), entries, this.#host.config);
    if (room === undefined) return undefined;
    return whenDone(this.#archive.recall(room), () => {
      this.#idle.set(name, room);
      return room;
    });
  }

  /** §10.1: a room that is not stored yet. */
  create(jid: Jid, owner: Jid): Room {
    const room = new Room(jid, initialConfig(this.#host.config), new History());
    room.affiliate(owner, { affiliation: 'owner' });
    const made = this.#made.get(owner.toString()) ?? new Set();
    this.#made.set(owner.toString(), made.add(room));
    return room;
  }

  /** Somebody is in the room. */
  occupied(room: Room): void {
    this.#open.set(room.name, room);
    this.#idle.delete(room.name);
  }

  /** The last one has left. §7.14: a room that is not persistent ends with that. */
  vacated(room: Room): void {
    this.#open.delete(room.name);
    if (room.config.isPersistent && !room.isLocked) this.#idle.set(room.name, room);
    else if (!room.isDestroyed) this.remove(room).catch((err: unknown) => this.#failed(room, err));
  }

  /** Resolves when what the room is, but for its affiliations, is committed: as a stored room or as none. */
  async save(room: Room): Promise<void> {
    const isListed = room.config.isPersistent && room.config.isPublic && !room.isLocked;
    const { name, description, language } = room.config;
    await Promise.all([
      this.#store.update(room.name, WHOLE, () => (room.config.isPersistent ? toStored(room) : undefined)),
      this.#listed.update(room.name, WHOLE, () => (isListed ? { name, description, language } : undefined)),
    ]);
  }

  /** … and all its affiliations: a room that became persistent, or is no longer. */
  async saveWhole(room: Room): Promise<void> {
    const users = [...room.affiliated.keys()];
    await Promise.all([this.save(room), this.saveAffiliations(room, users)]);
  }

  /** Resolves when the affiliations of these users, by bare JID, are committed. */
  async saveAffiliations(room: Room, users: readonly string[]): Promise<void> {
    await Promise.all(
      users.flatMap((user) => {
        const affiliated = room.config.isPersistent && !room.isDestroyed ? room.affiliated.get(user) : undefined;
        return [
          this.#store.update(room.name, user, () => affiliated),
          this.#byUser.update(user, room.name, () => affiliated?.affiliation),
        ];
      }),
    );
  }

  /** For what is not waited for, such as a new subject: a failure is logged. */
  saveLater(room: Room): void {
    if (room.config.isPersistent) this.save(room).catch((err: unknown) => this.#failed(room, err));
  }
  saveWholeLater(room: Room): void {
    if (room.config.isPersistent) this.saveWhole(room).catch((err: unknown) => this.#failed(room, err));
  }

  /** Takes the room out of memory and storage. Resolves when that is committed. */
  async remove(room: Room): Promise<void> {
    room.isDestroyed = true;
    this.#open.delete(room.name);
    this.#idle.delete(room.name);
    await Promise.all([
      this.#store.purge(room.name),
      this.#listed.purge(room.name),
      this.#vcards.purge(room.name),
      this.#archive.purge(room),
      ...[...room.affiliated.keys()].map((user) => this.#byUser.update(user, room.name, () => undefined)),
    ]);
  }

  /** XEP-0486 §3.4 */
  vcard(room: Room): Awaitable<string | undefined> {
    return this.#vcards.get(room.name, WHOLE);
  }

  /** Resolves when it is committed. @param xml undefined for none */
  async setVcard(room: Room, xml: string | undefined): Promise<void> {
    await this.#vcards.update(room.name, WHOLE, () => xml);
  }

  /** The persistent rooms a user has an affiliation to, by name. */
  ofUser(user: Jid): Awaitable<ReadonlyMap<string, Affiliated['affiliation']>> {
    return this.#byUser.entries(user.toString());
  }

  /** How many rooms a user has: stored ones that he owns, and those he made that are not stored. */
  countOwned(user: Jid): Awaitable<number> {
    const made = this.#made.get(user.toString()) ?? new Set();
    for (const room of made) if (room.isDestroyed || room.config.isPersistent) made.delete(room);
    if (made.size === 0) this.#made.delete(user.toString());
    return whenDone(this.ofUser(user), (stored) => {
      return [...stored.values()].filter((affiliation) => affiliation === 'owner').length + made.size;
    });
  }

  /** Persistent public rooms by name: those after `after`, at most `limit`. */
  listed(after: string | undefined, limit: number): Awaitable<readonly string[]> {
    return this.#listed.owners(after, limit);
  }

  listedAs(name: string): Awaitable<Listed | undefined> {
    return this.#listed.get(name, WHOLE);
  }

  #jid(name: string): Jid {
    return Jid.of(name, this.#host.domain.domain);
  }

  #failed(room: Room, err: unknown): void {
    this.#host.log.error({ err, room: room.name }, 'a room was not stored');
  }
}
