/** XEP-0050 §3.3: commands that have begun and wait for their form */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type Clock, type Jid, StanzaError } from '#core';
import { refusal } from './refusal.ts';

export interface SessionLimits {
  readonly most: number;
  readonly lifetimeMs: number;
}

/**
 * An id is signed for who got it and what for. So one that was never given is told from one that is over, without a memory of
 * those.
 */
export class CommandSessions {
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #key = randomBytes(32);
  /** When each ends, in the order they began. */
  readonly #ends = new Map<string, number>();

  constructor(clock: Clock, limits: SessionLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** @throws StanzaError resource-constraint */
  begin(who: Jid, node: string): string {
    const now = this.#clock.now();
    for (const [id, end] of this.#ends) if (end <= now) this.#ends.delete(id);
    if (this.#ends.size >= this.#limits.most) {
      throw new StanzaError('resource-constraint', 'too many commands have begun, try again later');
    }
    const id = this.once(who, node);
    this.#ends.set(id, now + this.#limits.lifetimeMs);
    return id;
  }

  /** For a command that is done at once. */
  once(who: Jid, node: string): string {
    const serial = randomBytes(9).toString('base64url');
    return `${serial}.${this.#sign(serial, who, node)}`;
  }

  /** @throws StanzaError bad-request with bad-sessionid, not-allowed with session-expired */
  check(id: string, who: Jid, node: string): void {
    const [serial = '', signature = ''] = id.split('.');
    const expected = Buffer.from(this.#sign(serial, who, node));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw refusal('bad-sessionid');
    if ((this.#ends.get(id) ?? 0) <= this.#clock.now()) throw refusal('session-expired');
  }

  end(id: string): void {
    this.#ends.delete(id);
  }

  #sign(serial: string, who: Jid, node: string): string {
    return createHmac('sha256', this.#key).update(`${serial} ${who} ${node}`).digest('base64url');
  }
}
