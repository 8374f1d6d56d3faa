/** XEP-0198 §4, without its syntax: what was sent to a client and not acknowledged, in order of its numbers */
import type { Message, Stanza } from '../stanza/index.ts';
import type { ClientSession } from './client-session.ts';

/** A message of an account, which several of its sessions may be handed. */
export interface Shared {
  readonly message: Message;
  /** Who is handed it, in one form or another. */
  readonly holders: readonly ClientSession[];
}

/** A stanza that was written to a client. */
export interface Handed {
  readonly stanza: Stanza;
  /** The message of the account that it brought, where several sessions may have it. */
  readonly shared: Shared | undefined;
  /** When, in milliseconds since 1970. */
  readonly at: number;
}

const NOTHING: readonly Handed[] = [];

/** Stanzas are numbered from 1, modulo 2^32. */
export class Unacknowledged {
  /** An array that was emptied keeps its memory, and most clients owe nothing most of the time. */
  #handed: Handed[] | undefined;
  #acknowledged: number;
  #size = 0;
  /** For many questions in a row, when sessions end. */
  #messages: Set<Message | undefined> | undefined;

  /** @param acknowledged the number counting goes on from */
  constructor(acknowledged = 0) {
    this.#acknowledged = acknowledged;
  }

  /** The number of the latest stanza the client has acknowledged; 0 before the first. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** The number of the latest stanza sent. */
  get sent(): number {
    return (this.#acknowledged + this.length) >>> 0;
  }

  get length(): number {
    return this.#handed?.length ?? 0;
  }

  /** About their length on the wire, in characters. */
  get size(): number {
    return this.#size;
  }

  add(handed: Handed): void {
    if (this.#handed === undefined) this.#handed = [handed];
    else this.#handed.push(handed);
    this.#messages = undefined;
    this.#size += handed.stanza.size;
  }

  /**
   * The client has handled all up to this number.
   *
   * @returns `unsent` for a number that was not given yet, `stale` for one it went past before; both change nothing
   */
  acknowledge(number: number): 'done' | 'stale' | 'unsent' {
    const count = (number - this.#acknowledged) >>> 0;
    const handed = this.#handed;
    const most = this.length;
    if (count > most) return count < 2 ** 31 ? 'unsent' : 'stale';
    this.#acknowledged = number;
    if (handed === undefined || count === most) {
      this.#handed = undefined;
      this.#size = 0;
    } else for (const { stanza } of handed.splice(0, count)) this.#size -= stanza.size;
    this.#messages = undefined;
    return 'done';
  }

  /** Whether it was handed this message, and has not acknowledged it. */
  owes(message: Message): boolean {
    this.#messages ??= new Set(this.#handed?.map(({ shared }) => shared?.message));
    return this.#messages.has(message);
  }

  [Symbol.iterator](): IterableIterator<Handed> {
    return (this.#handed ?? NOTHING).values();
  }
}
