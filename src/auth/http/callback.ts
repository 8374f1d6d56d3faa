/** RFC 9110: questions to an HTTP service, so many at once, and none without an end */
import { type AuthProviderHost, SaslError, Turns } from '#core';
import type { HttpAuthOptions } from './index.ts';

/** RFC 9110 §15.5: the statuses that mean no. All but them and those of success (§15.3) mean that it cannot tell. */
const NO = new Set([401, 403, 404]);

export class Callback {
  readonly #options: HttpAuthOptions;
  readonly #host: AuthProviderHost;
  readonly #turns: Turns;

  constructor(options: HttpAuthOptions, host: AuthProviderHost) {
    this.#options = options;
    this.#host = host;
    this.#turns = new Turns(options.parallel);
  }

  /** @throws SaslError temporary-auth-failure when there is no answer in time, or one that is neither yes nor no */
  async ask(url: string, question: object): Promise<boolean> {
    try {
      const status = await this.#inTime((signal) => this.#post(url, question, signal));
      if (NO.has(status)) return false;
      if (status >= 200 && status < 300) return true;
      throw new Error(`status ${status}`);
    } catch (cause) {
      this.#host.log.warn({ err: cause, url }, 'the authentication service gave no answer');
      throw new SaslError('temporary-auth-failure', 'passwords cannot be checked now', { cause });
    }
  }

  async #inTime(ask: (signal: AbortSignal) => Promise<number>): Promise<number> {
    const { queue, timeout_seconds } = this.#options;
    if (this.#turns.waiting >= queue && this.#turns.areTaken) throw new Error('too many requests wait');
    const limit = new AbortController();
    let end = () => {};
    const late = new Promise<never>((_, reject) => {
      end = this.#host.clock.after(timeout_seconds * 1_000, () => {
        const error = new Error(`no answer in ${timeout_seconds} s`);
        limit.abort(error);
        reject(error);
      });
    });
    try {
      return await Promise.race([this.#turns.run(() => ask(limit.signal)), late]);
    } finally {
      end();
    }
  }

  async #post(url: string, question: object, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const { authorization } = this.#options;
    const { status, body } = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify(question),
      redirect: 'error',
      signal,
    });
    await body?.cancel();
    return status;
  }
}
