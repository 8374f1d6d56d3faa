/** RFC 6121 §4.6: directed presence: who was told of a resource outside of any subscription */
import { type ClientSession, type Jid, type Presence, StanzaError } from '#core';

export class DirectedPresence {
  readonly #told = new Map<ClientSession, Map<string, Jid>>();
  readonly #max: number;

  /** `max`: entities one session can keep told at the same time. */
  constructor(max: number) {
    this.#max = max;
  }

  /**
   * §4.6.3: a session sent presence to somebody.
   *
   * @throws StanzaError resource-constraint for one entity too many.
   */
  sent(session: ClientSession, presence: Presence, to: Jid): void {
    const told = this.#told.get(session);
    const key = to.toString();
    if (presence.type === 'unavailable') told?.delete(key);
    else if (told === undefined) this.#told.set(session, new Map([[key, to]]));
    else if (told.size < this.#max || told.has(key)) told.set(key, to);
    else throw new StanzaError('resource-constraint', `directed presence goes to at most ${this.#max} entities`);
  }

  /** §4.6.6 */
  wasTold(session: ClientSession, entity: Jid): boolean {
    return this.#told.get(session)?.has(entity.toString()) ?? false;
  }

  /** Who was told at that bare JID: in a room, occupants speak from other resources than the one joined. */
  toldNear(session: ClientSession, entity: Jid): Jid | undefined {
    const told = this.#told.get(session);
    if (told === undefined) return undefined;
    const bare = entity.bare();
    for (const jid of told.values()) if (jid.bare().equals(bare)) return jid;
    return undefined;
  }

  /** §4.6.1: who went away itself need not be told. */
  left(sessions: readonly ClientSession[], entity: Jid): void {
    if (this.#told.size === 0) return;
    for (const session of sessions) this.#told.get(session)?.delete(entity.toString());
  }

  /** Ends the list of a session and returns who was on it. */
  take(session: ClientSession): Iterable<Jid> {
    const told = this.#told.get(session);
    this.#told.delete(session);
    return told?.values() ?? [];
  }
}
