/**
 * XEP-0357 §7: notifications on their way to the push services.
 *
 * One waits for each service of a user, and says what came since the last that arrived. It is committed with the message it tells of
 * and deleted when the service has answered, so the end of the process delays it and loses none.
 */
import { type Host, isPromise, Jid, type MapStore, type Message, type StanzaCondition, StanzaError } from '#core';
import { type News, newsOf, publish, type SummaryField } from './notification.ts';
import { keyOf, type Registration, type Registrations } from './registrations.ts';

/** §7.1: the service may come back. Other errors disable it at once. */
const TRANSIENT: ReadonlySet<StanzaCondition> = new Set([
  'internal-server-error',
  'recipient-unavailable',
  'remote-server-not-found',
  'remote-server-timeout',
  'resource-constraint',
  'service-unavailable',
]);

/** Until a service that failed is asked again; doubled with each failure in a row. */
const SHORTEST_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 3_600_000;
/** Read at a time when the server starts. */
const USERS = 100;

export interface PublisherRules {
  readonly summary: readonly SummaryField[];
  readonly max_errors: number;
}

/** A notification that is being published, or waits to be published again. */
interface Work {
  /** There is more to tell since the queue was last asked. */
  isGrown: boolean;
}

export class Publisher {
  readonly #host: Host;
  readonly #queue: MapStore<News>;
  readonly #registrations: Registrations;
  readonly #rules: PublisherRules;
  readonly #isAwake: (user: Jid, registration: Registration) => boolean;
  readonly #working = new Map<string, Work>();

  /** @param isAwake whether the client behind a registration needs no notification */
  constructor(
    host: Host,
    queue: MapStore<News>,
    registrations: Registrations,
    rules: PublisherRules,
    isAwake: (user: Jid, registration: Registration) => boolean,
  ) {
    this.#host = host;
    this.#queue = queue;
    this.#registrations = registrations;
    this.#rules = rules;
    this.#isAwake = isAwake;
  }

  notify({ local }: Jid, registration: Registration, message: Message): void {
    const key = keyOf(registration);
    this.#queue
      .update(local, key, (before) => newsOf(message, before, this.#rules.summary))
      .then(() => this.#start(local, key))
      .catch((error: unknown) => this.#host.log.error({ err: error, user: local }, 'a notification was not stored'));
  }

  /** Takes up what was waiting when the server stopped. */
  async resume(): Promise<void> {
    for (let after: string | undefined; ; ) {
      const users = await this.#queue.owners(after, USERS);
      for (const local of users) for (const key of (await this.#queue.entries(local)).keys()) this.#start(local, key);
      after = users.at(-1);
      if (users.length < USERS) return;
    }
  }

  purge({ local }: Jid): Promise<void> {
    return this.#queue.purge(local);
  }

  #start(local: string, key: string): void {
    const id = `${local} ${key}`;
    const working = this.#working.get(id);
    if (working !== undefined) {
      working.isGrown = true;
      return;
    }
    const work = { isGrown: false };
    this.#working.set(id, work);
    this.#run(local, key, work)
      .catch((error: unknown) => this.#host.log.error({ err: error, user: local }, 'a notification was not published'))
      .finally(() => this.#working.get(id) === work && this.#working.delete(id));
  }

  async #run(local: string, key: string, work: Work): Promise<void> {
    while (!this.#host.signal.aborted) {
      work.isGrown = false;
      const asked = this.#queue.get(local, key);
      const news = isPromise(asked) ? await asked : asked;
      if (news !== undefined) await this.#publish(local, key, news);
      else if (!work.isGrown) {
        // In one turn with the look into the queue, so that nothing is left to a worker that has ended.
        this.#working.delete(`${local} ${key}`);
        return;
      }
    }
  }

  /** Once: what it told is out of the queue then, or it has waited until it is time for the next attempt. */
  async #publish(local: string, key: string, news: News): Promise<void> {
    const registration = await this.#registrations.get(local, key);
    const user = Jid.of(local, this.#host.domain.domain);
    if (registration === undefined || this.#isAwake(user, registration)) return this.#told(local, key, news);
    try {
      const to = Jid.parse(registration.jid);
      await this.#host.request(to, 'set', publish(registration, news, this.#rules.summary));
    } catch (error) {
      if (!(error instanceof StanzaError)) throw error;
      return this.#refused(local, key, error);
    }
    await Promise.all([this.#told(local, key, news), this.#registrations.succeeded(local, key)]);
  }

  async #told(local: string, key: string, { messages }: News): Promise<void> {
    await this.#queue.update(local, key, (present) =>
      present === undefined || present.messages <= messages
        ? undefined
        : { ...present, messages: present.messages - messages },
    );
  }

  async #refused(local: string, key: string, error: StanzaError): Promise<void> {
    const maxErrors = TRANSIENT.has(error.condition) ? this.#rules.max_errors : 0;
    const left = await this.#registrations.failed(local, key, maxErrors);
    if (left === undefined) {
      this.#host.log.info({ user: local, service: key, condition: error.condition }, 'push service disabled');
      return;
    }
    const wait = Math.min(SHORTEST_WAIT_MS * 2 ** (left.errors - 1), LONGEST_WAIT_MS);
    await new Promise<void>((resolve) => void this.#host.clock.after(wait, resolve));
  }
}
