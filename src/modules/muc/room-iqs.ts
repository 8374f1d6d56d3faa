/** XEP-0045 §17.4: requests to a room itself */
import { type Awaitable, type Element, type Host, type Iq, StanzaError, whenDone } from '#core';
import type { Room } from './room.ts';

/** An answer after which there is something to tell: who asked learns of his success before the others (§8.2). */
export interface ThenTell {
  readonly payload?: Element;
  tell(): void;
}

/** Throws StanzaError to refuse. */
export type RoomAnswer = (room: Room, iq: Iq) => Awaitable<Element | ThenTell | undefined | void>;

export class RoomIqs {
  readonly #host: Host;
  readonly #answers = new Map<string, RoomAnswer>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** What a room that exists answers. A second answer to the same request throws at start. */
  on(type: 'get' | 'set', name: string, ns: string, answer: RoomAnswer): void {
    const key = `${type} ${name} ${ns}`;
    if (this.#answers.has(key)) throw new Error(`rooms have an answer to iq ${key} already`);
    this.#answers.set(key, answer);
  }

  /** @throws StanzaError */
  answer(room: Room | undefined, iq: Iq): Awaitable<void> {
    if (room === undefined) throw new StanzaError('item-not-found', 'there is no such room');
    const answer = this.#answers.get(`${iq.type} ${iq.payload?.name} ${iq.payload?.ns}`);
    if (answer === undefined) throw new StanzaError('service-unavailable');
    return whenDone(answer(room, iq), (given) => {
      const result = given ?? undefined;
      if (result === undefined || !('tell' in result)) return void this.#host.route(iq.result(result));
      void this.#host.route(iq.result(result.payload));
      result.tell();
    });
  }
}
