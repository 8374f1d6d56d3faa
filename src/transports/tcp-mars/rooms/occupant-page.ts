/** Occupants in an answer: as many as one frame should hold */
import type { Presence } from '#core';
import type { Occupant } from '#protocol/mars';
import type { Draft } from '../stanza-mapping/draft.ts';
import { occupantOf } from '../stanza-mapping/room.ts';
import type { Result } from './answer.ts';

const MOST = 100;
/** Names and texts of a page have about so many characters at most. */
const PAGE_SIZE = 65_536;
/** Of an occupant besides his texts. */
const FRAME_SIZE = 40;

export class OccupantPage {
  /** By nickname. */
  readonly #occupants = new Map<string, Draft<Occupant>>();
  #size = 0;
  #isFull = false;

  /** False when the page is full. */
  add(presence: Presence): boolean {
    const occupant = occupantOf(presence);
    const { nick = '', jid = '', status = '' } = occupant;
    if (!this.#occupants.has(nick)) {
      this.#size += FRAME_SIZE + nick.length + jid.length + status.length;
      this.#isFull ||= this.#occupants.size > 0 && (this.#size > PAGE_SIZE || this.#occupants.size >= MOST);
      if (this.#isFull) return false;
    }
    this.#occupants.set(nick, occupant);
    return true;
  }

  /** @param hasMore there are others, whether or not they were added */
  result(hasMore = this.#isFull): Result {
    const occupants = [...this.#occupants.values()];
    return { occupants, moreAfter: hasMore ? (occupants.at(-1)?.nick ?? '') : '' };
  }
}
