/** IQs that are pushed: questions to the client, and results that took the server longer */
import type { Body, BodyInit, Extension, ExtensionInit, Iq } from '#protocol/mars';
import type { Clock } from './clock.ts';
import { RefusedError, RequestTimeout } from './errors.ts';

/** What the result holds; undefined for an empty one. What is thrown becomes an error. */
export type Answer = (
  question: Extension,
  envelope: Body,
) => ExtensionInit | undefined | Promise<ExtensionInit | undefined>;

/** How long a result that was deferred may take. */
const DEFERRED_MS = 60_000;
const NS_PING = 'urn:xmpp:ping';

export class Questions {
  readonly #reply: (body: BodyInit) => void;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>([[NS_PING, () => undefined]]);
  /** By the id of each iq that is not done. */
  readonly #deferred = new Map<string, (result: Body) => void>();

  constructor(reply: (body: BodyInit) => void, clock: Clock) {
    this.#reply = reply;
    this.#clock = clock;
  }

  answer(namespace: string, answer: Answer): void {
    this.#answers.set(namespace, answer);
  }

  /**
   * What an iq comes to: what it is answered, or what is pushed where that is deferred. The push may be in the same packet.
   * @throws RefusedError, RequestTimeout
   */
  async result(id: string, asked: Promise<Body>): Promise<Extension | undefined> {
    const pushed = new Promise<Body>((resolve) => this.#deferred.set(id, resolve));
    try {
      const { payload } = await asked;
      const answer = payload.case === 'iq' ? payload.value : undefined;
      return answer?.deferred === true ? resultIn(await this.#inTime(pushed)) : answer?.payload;
    } finally {
      this.#deferred.delete(id);
    }
  }

  async #inTime<T>(coming: Promise<T>): Promise<T> {
    let stop = (): void => {};
    const late = new Promise<never>((_, reject) => {
      stop = this.#clock.after(DEFERRED_MS, () => reject(new RequestTimeout(`no result within ${DEFERRED_MS} ms`)));
    });
    return Promise.race([coming, late]).finally(stop);
  }

  take({ payload }: Iq, envelope: Body): void {
    const { type, id } = envelope;
    if (type === 'get' || type === 'set') void this.#ask(payload, envelope);
    else this.#deferred.get(id)?.(envelope);
  }

  async #ask(question: Extension | undefined, envelope: Body): Promise<void> {
    const { id, from: to } = envelope;
    const answer = question && this.#answers.get(question.ns);
    const refuse = (type: string, condition: string): void => {
      this.#reply({ id, to, type: 'error', error: { type, condition }, payload: { case: 'iq', value: {} } });
    };
    // RFC 6120 §8.4
    if (question === undefined || answer === undefined) return refuse('cancel', 'service-unavailable');
    try {
      const payload = await answer(question, envelope);
      const value = payload === undefined ? {} : { payload };
      this.#reply({ id, to, type: 'result', payload: { case: 'iq', value } });
    } catch (error) {
      if (error instanceof RefusedError) refuse(error.type, error.condition);
      else refuse('cancel', 'internal-server-error');
    }
  }
}

/** @throws RefusedError */
function resultIn({ error, payload }: Body): Extension | undefined {
  if (error !== undefined) throw new RefusedError(error);
  return payload.case === 'iq' ? payload.value.payload : undefined;
}
