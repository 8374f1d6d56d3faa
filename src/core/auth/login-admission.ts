/** Logins that come faster than the server wants to take them: some wait in line, and those above are told when to come back */
import type { Awaitable } from '../awaitable.ts';
import { type Clock, EachTurn } from '../clock/index.ts';

/** Who comes back with a token or to an earlier session costs little, and waits for no more than a few turns of the event loop. */
export type LoginKind = 'new' | 'returning';

export interface AdmissionLimits {
  readonly perSecond: number;
  /** How many may wait. */
  readonly queue: number;
}

interface Waiting {
  isGone(): boolean;
  enter(): void;
}

/** Let in together, so that what they cause does not hold up everybody else. */
const MOST_AT_ONCE = 5;

/** One for all hosts and transports. In a second that follows quiet ones, as many as in any come in at once. */
export class LoginAdmission {
  readonly #clock: Clock;
  readonly #limits: () => AdmissionLimits;
  readonly #waiting: Waiting[] = [];
  readonly #returning = new EachTurn<() => void>(MOST_AT_ONCE, (enter) => enter());
  /** Logins that could come in now; they grow with time. */
  #free: number;
  #countedAt: number;
  #isTimed = false;

  /** @param limits read at every login, so that new ones apply at once */
  constructor(clock: Clock, limits: () => AdmissionLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#free = limits().perSecond;
    this.#countedAt = clock.now();
  }

  /**
   * @param isGone asked when its turn has come: nobody is there any more, and it counts for nothing
   * @returns 0, at once or when its turn has come; or the seconds after which a refused client should come back
   */
  admit(kind: LoginKind, isGone: () => boolean): Awaitable<number> {
    this.#count();
    if (kind === 'returning') {
      this.#free = Math.max(0, this.#free - 1);
      return new Promise((resolve) => this.#returning.add(() => resolve(0)));
    }
    if (this.#waiting.length === 0 && this.#free >= 1) {
      this.#free -= 1;
      return 0;
    }
    if (this.#waiting.length >= this.#limits().queue) return this.#secondsToWait();
    return new Promise((resolve) => {
      this.#waiting.push({ isGone, enter: () => resolve(0) });
      this.#wake();
    });
  }

  #count(): void {
    const now = this.#clock.now();
    const { perSecond } = this.#limits();
    // A clock that is set back takes nothing away.
    const passed = Math.max(0, now - this.#countedAt);
    this.#free = Math.min(perSecond, this.#free + (passed / 1_000) * perSecond);
    this.#countedAt = now;
  }

  /** By then the line is gone; and twice as long, so that those refused together do not come back together. */
  #secondsToWait(): number {
    const drained = Math.ceil(this.#waiting.length / this.#limits().perSecond) || 1;
    return drained + Math.floor(Math.random() * (drained + 1));
  }

  #wake(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    const missing = Math.max(0, 1 - this.#free);
    this.#clock.after(Math.max(1, Math.ceil((missing / this.#limits().perSecond) * 1_000)), () => this.#letIn());
  }

  #letIn(): void {
    this.#isTimed = false;
    this.#count();
    let entered = 0;
    while (this.#free >= 1 && entered < MOST_AT_ONCE) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      if (!next.isGone()) {
        this.#free -= 1;
        entered += 1;
      }
      next.enter();
    }
    if (this.#waiting.length > 0) this.#wake();
  }
}
