/** XEP-0045 §4: a room and who is in it. State only: what happens to it is in the files beside this one. */
import { type Element, type Jid, type Message, type Presence, TokenBucket } from '#core';
import { Hats } from './hats.ts';
import type { History } from './history.ts';
import { type Affiliation, defaultRole, type Role } from './privileges.ts';
import type { RoomConfig } from './room-config.ts';

/** Somebody with a lasting association; stored as it is, by bare JID or, for outcasts, by domain. */
export interface Affiliated {
  readonly affiliation: Exclude<Affiliation, 'none'>;
  /** §7.10: the nickname that is his alone. */
  readonly nick?: string;
  readonly reason?: string;
}

/** What was said about the room last (§8.1). */
export interface Subject {
  /** As it was reflected, without `to`. */
  readonly message: Message;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** A client in the room. An occupant can be there with several (§7.2.8). */
export interface Visit {
  /** The full JID. */
  readonly jid: Jid;
  readonly occupant: Occupant;
  /** Tells it apart from the other clients of the occupant, also from earlier ones. */
  readonly number: number;
  /** What it sent last, without addresses and without what only a room may say. */
  presence: Presence;
}

export class Occupant {
  /** The bare JID. */
  readonly user: Jid;
  /** The occupant JID. */
  jid: Jid;
  role: Role;
  /** What the room puts into all that comes from him (XEP-0421). */
  readonly id: Element;
  /** In the order in which they came. */
  readonly visits: Visit[] = [];
  /** The one whose presence the others see. */
  shown: Visit | undefined;
  /** That presence as those who know real JIDs see it and as the others do, as long as it is the same. */
  presences: { known?: Presence; hidden?: Presence } = {};
  #lastNumber = 0;
  /** What he may send at once. */
  readonly credit = new TokenBucket();

  /** @param id XEP-0421 */
  constructor(user: Jid, jid: Jid, role: Role, id: Element) {
    this.user = user;
    this.jid = jid;
    this.role = role;
    this.id = id;
  }

  get nick(): string {
    return this.jid.resource;
  }

  comesWith(jid: Jid, presence: Presence): Visit {
    const visit = { jid, occupant: this, number: ++this.#lastNumber, presence };
    this.visits.push(visit);
    this.shown ??= visit;
    return visit;
  }
}

export class Room {
  /** The room JID. */
  readonly jid: Jid;
  config: RoomConfig;
  readonly history: History;
  /** §7.2.10: made, and its owner has not said yet how it shall be. */
  isLocked = false;
  isDestroyed = false;
  subject: Subject | undefined;
  /** By bare JID: roles that moderators gave to users without a lasting role of their own (§5.1). */
  readonly roles = new Map<string, Role>();
  /** By bare JID: when voice that was revoked comes back, in milliseconds since 1970. */
  readonly mutes = new Map<string, number>();
  /** By bare JID, in their order: when somebody spoke last, where the room is slow. */
  readonly spoke = new Map<string, number>();
  hats = new Hats();
  /** Hashes of the picture, in each of its forms (XEP-0486). */
  avatars: readonly string[] = [];
  readonly #affiliated = new Map<string, Affiliated>();
  /** The bare JID by the nickname that is reserved for it. */
  readonly #reserved = new Map<string, string>();
  readonly #occupants = new Map<string, Occupant>();
  readonly #visits = new Map<string, Visit>();

  constructor(jid: Jid, config: RoomConfig, history: History) {
    this.jid = jid;
    this.config = config;
    this.history = history;
  }

  get name(): string {
    return this.jid.local;
  }

  get occupants(): Iterable<Occupant> {
    return this.#occupants.values();
  }
  /** All clients that are in the room. */
  get visits(): Iterable<Visit> {
    return this.#visits.values();
  }
  /** Number of occupants. */
  get size(): number {
    return this.#occupants.size;
  }
  get isEmpty(): boolean {
    return this.#occupants.size === 0;
  }

  occupant(nick: string): Occupant | undefined {
    return this.#occupants.get(nick);
  }
  /** The client with this full JID, if it is in the room. */
  visit(jid: Jid | undefined): Visit | undefined {
    return jid === undefined ? undefined : this.#visits.get(jid.toString());
  }
  occupantsOf(user: Jid): Occupant[] {
    return [...this.#occupants.values()].filter((occupant) => occupant.user.equals(user));
  }

  enter(occupant: Occupant, jid: Jid, presence: Presence): Visit {
    const visit = occupant.comesWith(jid, presence);
    this.#occupants.set(occupant.nick, occupant);
    this.#visits.set(jid.toString(), visit);
    return visit;
  }

  /** The occupant is gone with his last visit. */
  leave(visit: Visit): void {
    const { occupant } = visit;
    this.#visits.delete(visit.jid.toString());
    const at = occupant.visits.indexOf(visit);
    if (at >= 0) occupant.visits.splice(at, 1);
    if (occupant.visits.length === 0) this.#occupants.delete(occupant.nick);
  }

  rename(occupant: Occupant, jid: Jid): void {
    this.#occupants.delete(occupant.nick);
    occupant.jid = jid;
    occupant.presences = {};
    this.#occupants.set(occupant.nick, occupant);
  }

  /** By bare JID. */
  get affiliated(): ReadonlyMap<string, Affiliated> {
    return this.#affiliated;
  }

  /** §9.2: an outcast can be a whole domain. */
  affiliationOf(user: Jid): Affiliation {
    const own = this.#affiliated.get(user.bare().toString());
    return own?.affiliation ?? this.#affiliated.get(user.domain)?.affiliation ?? 'none';
  }

  affiliate(user: Jid, affiliated: Affiliated | undefined): void {
    const key = user.toString();
    const nick = this.#affiliated.get(key)?.nick;
    if (nick !== undefined) this.#reserved.delete(nick);
    if (affiliated === undefined) this.#affiliated.delete(key);
    else {
      this.#affiliated.set(key, affiliated);
      if (affiliated.nick !== undefined) this.#reserved.set(affiliated.nick, key);
    }
  }

  reservedNick(user: Jid): string | undefined {
    return this.#affiliated.get(user.bare().toString())?.nick;
  }

  /** Whether the nickname is another user's, be he in the room or not. */
  isTaken(nick: string, user: Jid): boolean {
    const holder = this.#occupants.get(nick)?.user.toString() ?? this.#reserved.get(nick);
    return holder !== undefined && holder !== user.bare().toString();
  }

  /** §5.1.2, and what moderators decided before. */
  roleFor(user: Jid): Role {
    const affiliation = this.affiliationOf(user);
    const own = defaultRole(affiliation, this.config.isModerated);
    return own === 'moderator' || own === 'none' ? own : (this.roles.get(user.bare().toString()) ?? own);
  }
}
