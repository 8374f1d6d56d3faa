/** RFC 6120 §3.3: when a server that could not be reached is tried again */
import type { ConnectError } from './connect-error.ts';

const FIRST_RETRY_MS = 1_000;

/** The attempts that have failed since the server was reached last. Times are in ms since 1970. */
export class Reconnection {
  readonly #limits: { readonly retry_seconds: number };
  #failure: ConnectError | undefined;
  #count = 0;
  #since = 0;
  #dueAt = 0;

  constructor(limits: { readonly retry_seconds: number }) {
    this.#limits = limits;
  }

  /** Of the latest attempt. */
  get failure(): ConnectError | undefined {
    return this.#failure;
  }

  /** When the next attempt may be made. */
  get dueAt(): number {
    return this.#dueAt;
  }

  failed(failure: ConnectError, now: number): void {
    if (this.#count === 0) this.#since = now;
    this.#failure = failure;
    this.#dueAt = now + Math.min(FIRST_RETRY_MS * 2 ** this.#count, this.#limits.retry_seconds * 1000);
    this.#count = Math.min(this.#count + 1, 30);
  }

  /** How long nothing but failures came of it. */
  failingMs(now: number): number {
    return this.#count === 0 ? 0 : now - this.#since;
  }

  /** It was reached, or shows that it is there. */
  forget(): void {
    this.#failure = undefined;
    this.#count = 0;
    this.#dueAt = 0;
  }
}
