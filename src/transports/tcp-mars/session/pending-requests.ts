/** The requests of a client that wait for a stanza, and how long they do */
import { type Element, Iq, type Jid, Message, Presence, type Stanza, StanzaError } from '#core';
import { PATIENCE_MS } from '../patience.ts';
import type { MarsSession } from './mars-session.ts';
import type { Pending } from './pending.ts';

/** What comes later than this for a request that was refused is a push like any other. */
const FORGOTTEN_MS = 60_000;

export const iqKey = (id: string): string => `iq ${id}`;
export const messageKey = (id: string): string => `message ${id}`;
/** Of what comes from a room. */
export const presenceKey = (room: Jid): string => `presence ${room}`;

/** Undefined for what answers nothing. */
function keyOf(stanza: Stanza): string | undefined {
  const { type, id = '', from } = stanza;
  if (stanza instanceof Iq) return type === 'result' || type === 'error' ? iqKey(id) : undefined;
  if (stanza instanceof Presence) return from && presenceKey(from.bare());
  return type === 'groupchat' || type === 'error' ? messageKey(id) : undefined;
}

export class PendingRequests {
  readonly #mars: MarsSession;
  /** By key, in the order in which they were made. A map that was emptied keeps its memory, and most clients wait for nothing. */
  #open: Map<string, Pending[]> | undefined;
  #size = 0;
  #isWatched = false;
  #last = 0;

  constructor(mars: MarsSession) {
    this.#mars = mars;
  }

  has(key: string): boolean {
    return this.#open?.has(key) ?? false;
  }

  /** Of an iq whose client gave it none. */
  newId(): string {
    return `m${++this.#last}`;
  }

  /** Sends what is answered by another stanza. @throws StanzaError resource-constraint */
  start(pending: Pending, stanza: Element): void {
    const { session, connection } = this.#mars;
    const { pending_requests: most } = connection.listener.config;
    if (this.#size >= most) {
      throw new StanzaError('resource-constraint', `at most ${most} requests can wait for their answers`);
    }
    pending.request.askedAt ??= session.host.clock.now();
    this.#open ??= new Map();
    this.#open.set(pending.key, [...(this.#open.get(pending.key) ?? []), pending]);
    this.#size++;
    session.receive(stanza, pending);
    if (this.#isWatched || this.#size === 0) return;
    this.#isWatched = true;
    connection.wakeIn(PATIENCE_MS);
  }

  forget(pending: Pending): void {
    const same = this.#open?.get(pending.key) ?? [];
    const others = same.filter((one) => one !== pending);
    this.#size -= same.length - others.length;
    if (this.#size === 0) this.#open = undefined;
    else if (others.length === 0) this.#open?.delete(pending.key);
    else this.#open?.set(pending.key, others);
  }

  /** Whether the stanza is an answer, or a part of one. */
  answeredBy(stanza: Stanza): boolean {
    if (this.#open === undefined) return false;
    const key = keyOf(stanza);
    const asked = key === undefined ? undefined : this.#open.get(key);
    if (asked?.some((pending) => pending.take(stanza))) return true;
    return stanza instanceof Message && this.#all().some((pending) => pending.gathers(stanza));
  }

  #all(): Pending[] {
    return this.#open === undefined ? [] : [...this.#open.values()].flat();
  }

  /** All that wait. */
  refuse(error: StanzaError): void {
    for (const pending of this.#all()) pending.refused(error);
  }

  /** Nobody waits longer than the library does. @returns ms until the next one has to be told; Infinity for none */
  due(now: number): number {
    let next = Infinity;
    for (const pending of this.#all()) next = Math.min(next, this.#left(pending, now));
    this.#isWatched = next !== Infinity;
    return next;
  }

  /** @returns ms until it is looked at again */
  #left(pending: Pending, now: number): number {
    const { request } = pending;
    const { isOpen, askedAt = now } = request;
    const left = askedAt + (isOpen ? PATIENCE_MS : FORGOTTEN_MS) - now;
    if (left > 0) return left;
    if (isOpen && pending.late()) return askedAt + FORGOTTEN_MS - now;
    this.forget(pending);
    return Infinity;
  }
}
