/** XEP-0045 §7.2.13, §7.2.14: what was said before somebody came */
import { type Element, type Jid, type Message, NS_CLIENT, parseDateTime, stamped } from '#core';

/** What a newcomer asks for; Infinity where he does not say. */
export interface HistoryRequest {
  readonly maxChars: number;
  readonly maxStanzas: number;
  /** Milliseconds since 1970. */
  readonly since: number;
}

interface Past {
  readonly at: number;
  /** As it was reflected, without `to`. */
  readonly message: Message;
  /** … with its stamp, once somebody needed it. */
  stamped?: Message;
}

export class History {
  /** The oldest first. */
  #past: Past[] = [];

  /** @param most how many are kept @param at when it was sent, in milliseconds since 1970 */
  add(message: Message, at: number, most: number): void {
    if (most === 0) this.#past = [];
    else this.#past.push({ at, message });
    // Not one by one: it is an array that moves.
    if (this.#past.length > most + 32) this.#past = this.#past.slice(-most);
  }

  /** Takes the place of all that is there, such as what moderators have changed. */
  rewrite(change: (message: Message) => Message | undefined): void {
    this.#past = this.#past.flatMap(({ at, message }) => {
      const next = change(message);
      return next === undefined ? [] : [{ at, message: next }];
    });
  }

  /** §7.2.14: as many of the latest as fit all limits, in their order, stamped and addressed. @param most of the room */
  for(to: Jid, room: Jid, request: HistoryRequest, most: number): Message[] {
    const found: Message[] = [];
    let left = request.maxChars;
    for (let i = this.#past.length - 1; i >= 0; i--) {
      const past = this.#past[i] as Past;
      if (found.length >= Math.min(most, request.maxStanzas) || past.at < request.since) break;
      past.stamped ??= stamped(past.message, past.at, room);
      const message = past.stamped.with({ to });
      // §7.2.14: characters of the complete stanza
      if (left < Number.POSITIVE_INFINITY) left -= message.toString(NS_CLIENT).length;
      if (left < 0) break;
      found.push(message);
    }
    return found.reverse();
  }
}

/** What is no number and no time does not count. @param x the element that asks to enter @param now in milliseconds since 1970 */
export function readHistoryRequest(x: Element, now: number): HistoryRequest {
  const history = x.child('history');
  const limit = (name: string) => {
    const text = history?.attr(name)?.trim() ?? '';
    return /^\d{1,12}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  };
  const since = parseDateTime(history?.attr('since') ?? '') ?? Number.NEGATIVE_INFINITY;
  return {
    maxChars: limit('maxchars'),
    maxStanzas: limit('maxstanzas'),
    since: Math.max(since, now - limit('seconds') * 1_000),
  };
}
