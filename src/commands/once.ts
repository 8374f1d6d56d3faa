/** What is asked again under the same key is done once: who got no answer can ask again without harm */
const MOST_KEPT = 10_000;

export class Once<Answer> {
  /** In the order of asking. */
  readonly #answers = new Map<string, Answer>();

  /** @param key undefined for what is done each time */
  run(key: string | undefined, work: () => Answer): Answer {
    if (key === undefined) return work();
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = work();
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MOST_KEPT && oldest !== undefined) this.#answers.delete(oldest);
    return answer;
  }

  /** It was not done. */
  forget(key: string | undefined): void {
    if (key !== undefined) this.#answers.delete(key);
  }
}
