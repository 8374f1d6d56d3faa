/** The latest messages of a session by their ids: a client sends one again when its connection broke before the answer */
import type { BodyInit } from '#protocol/mars';

export class RecentMessages {
  readonly #most: number;
  readonly #answers = new Map<string, BodyInit>();

  constructor(most: number) {
    this.#most = most;
  }

  /** What the message with this id was answered. */
  get(id: string): BodyInit | undefined {
    return this.#answers.get(id);
  }

  add(id: string, answer: BodyInit): void {
    if (this.#most === 0) return;
    if (this.#answers.size >= this.#most) {
      for (const oldest of this.#answers.keys()) {
        this.#answers.delete(oldest);
        break;
      }
    }
    this.#answers.set(id, answer);
  }
}
