/** RFC 6120 §10.1: elements are worked off one after the other, also when one takes a while; meanwhile nothing is read */
import { type Awaitable, type Element, isPromise } from '#core';

interface Pausable {
  pause(): void;
  resume(): void;
}

export class InOrder {
  readonly #link: Pausable;
  readonly #take: (element: Element) => Awaitable<void>;
  /** Present while an element is being worked off, with what came after it. */
  #waiting: Element[] | undefined;
  #working: Promise<void> | undefined;

  /** @param take never throws and never rejects */
  constructor(link: Pausable, take: (element: Element) => Awaitable<void>) {
    this.#link = link;
    this.#take = take;
  }

  add(element: Element): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(element);
      return;
    }
    const done = this.#take(element);
    if (!isPromise(done)) return;
    this.#waiting = [];
    this.#link.pause();
    this.#working = done.then(() => this.#goOn());
  }

  /** Resolves when everything is worked off. */
  get done(): Awaitable<void> {
    return this.#working;
  }

  /** What is not begun is never begun. */
  clear(): void {
    if (this.#waiting !== undefined) this.#waiting = [];
  }

  async #goOn(): Promise<void> {
    for (let next = this.#waiting?.shift(); next !== undefined; next = this.#waiting?.shift()) {
      const done = this.#take(next);
      if (isPromise(done)) await done;
    }
    this.#waiting = undefined;
    this.#working = undefined;
    this.#link.resume();
  }
}
