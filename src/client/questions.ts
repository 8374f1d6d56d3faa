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

interface Deferred {
  readonly resolve: (result: Extension | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class Questions {
  readonly #reply: (body: BodyInit) => void;
  readonly #clock: Clock;
  readonly #answers = new Map<string, Answer>([[NS_PING, () => undefined]]);
  readonly #deferred = new Map<string, Deferred>();

  constructor(reply: (body: BodyInit) => void, clock: Clock) {
    this.#reply = reply;
    this.#clock = clock;
  }

  answer(namespace: string, answer: Answer): void {
    this.#answers.set(namespace, answer);
  }

  /** The result that comes as a push. */
  result(id: string): Promise<Extension | undefined> {
    return new Promise((resolve, reject) => {
      const stop = this.#clock.after(DEFERRED_MS, () => {
        this.#deferred.delete(id);
        reject(new RequestTimeout(`no result within ${DEFERRED_MS} ms`));
      });
      const ended = <T>(then: (value: T) => void) => {
        return (value: T): void => {
          stop();
          this.#deferred.delete(id);
          then(value);
        };
      };
      this.#deferred.set(id, { resolve: ended(resolve), reject: ended(reject) });
    });
  }

  take({ payload }: Iq, envelope: Body): void {
    const { type, id, error } = envelope;
    if (type === 'get' || type === 'set') void this.#ask(payload, envelope);
    else if (error !== undefined) this.#deferred.get(id)?.reject(new RefusedError(error));
    else this.#deferred.get(id)?.resolve(payload);
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
