/** Typed events in four phases: guard, amend, handle, observe; inside a phase, the order of registration */
import { type Awaitable, isPromise } from '../awaitable.ts';
import type { Logger } from '../log/index.ts';
import type { Stanza } from '../stanza/index.ts';
import type { EventMap, EventName, StanzaEvent, StanzaEvents } from './events.ts';

/** False drops the stanza in silence; a thrown StanzaError refuses it. */
export type Guard<E extends StanzaEvent> = (event: Readonly<StanzaEvents[E]>) => Awaitable<boolean | undefined | void>;
/** The stanza to go on with: another one, or none to leave it as it is. */
export type Amend<E extends StanzaEvent> = (
  event: Readonly<StanzaEvents[E]>,
) => Awaitable<StanzaEvents[E]['stanza'] | undefined | void>;
/** True means: mine, nobody else's. */
export type Handle<E extends StanzaEvent> = (event: Readonly<StanzaEvents[E]>) => Awaitable<boolean | undefined | void>;
export type Observe<E extends EventName> = (event: Readonly<EventMap[E]>) => Awaitable<void>;

/** What became of a stanza: handlers and observers ran (`taken` by one or not), or a guard dropped it. */
export type Outcome = 'passed' | 'taken' | 'dropped';

type Listener = (event: { stanza?: Stanza }) => Awaitable<unknown>;

class Phases {
  readonly guard: Listener[] = [];
  readonly amend: Listener[] = [];
  readonly handle: Listener[] = [];
  readonly observe: Listener[] = [];
}

export type Phase = keyof Phases;

/** The event table of one virtual host. An event nobody listens to costs one map lookup; one without an asynchronous listener, no promise. */
export class Hooks {
  readonly #events = new Map<EventName, Phases>();
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  add(event: EventName, phase: Phase, listener: Listener): () => void {
    let phases = this.#events.get(event);
    if (phases === undefined) {
      phases = new Phases();
      this.#events.set(event, phases);
    }
    const list = phases[phase];
    list.push(listener);
    return () => {
      const at = list.indexOf(listener);
      if (at >= 0) list.splice(at, 1);
    };
  }

  /** Whether a stanza event has listeners at all: lets the hot path skip making the event. */
  has(event: EventName): boolean {
    return this.#events.has(event);
  }

  /** Runs all four phases. The (possibly amended) stanza is in `event.stanza` afterwards. Rejects with what a guard, amender or handler threw. */
  run<E extends StanzaEvent>(event: E, context: StanzaEvents[E]): Awaitable<Outcome> {
    const phases = this.#events.get(event);
    return phases === undefined ? 'passed' : this.#guards(event, phases, context, 0);
  }

  /** Tells observers only. Never throws. */
  notify<E extends EventName>(event: E, context: EventMap[E]): Awaitable<void> {
    const phases = this.#events.get(event);
    if (phases !== undefined) return this.#observers(event, phases, context as { stanza?: Stanza }, 0);
  }

  #guards(event: EventName, phases: Phases, context: { stanza?: Stanza }, from: number): Awaitable<Outcome> {
    for (let at = from; at < phases.guard.length; at++) {
      const verdict = phases.guard[at]?.(context);
      if (isPromise(verdict)) {
        return verdict.then((late) => (late === false ? 'dropped' : this.#guards(event, phases, context, at + 1)));
      }
      if (verdict === false) return 'dropped';
    }
    return this.#amenders(event, phases, context, 0);
  }

  #amenders(event: EventName, phases: Phases, context: { stanza?: Stanza }, from: number): Awaitable<Outcome> {
    for (let at = from; at < phases.amend.length; at++) {
      const amended = phases.amend[at]?.(context);
      if (isPromise(amended)) {
        return amended.then((late) => {
          if (late !== undefined) context.stanza = late as Stanza;
          return this.#amenders(event, phases, context, at + 1);
        });
      }
      if (amended !== undefined) context.stanza = amended as Stanza;
    }
    return this.#handlers(event, phases, context, 0);
  }

  #handlers(event: EventName, phases: Phases, context: { stanza?: Stanza }, from: number): Awaitable<Outcome> {
    for (let at = from; at < phases.handle.length; at++) {
      const taken = phases.handle[at]?.(context);
      if (isPromise(taken)) {
        return taken.then((late) =>
          late === true
            ? this.#observed(event, phases, context, 'taken')
            : this.#handlers(event, phases, context, at + 1),
        );
      }
      if (taken === true) return this.#observed(event, phases, context, 'taken');
    }
    return this.#observed(event, phases, context, 'passed');
  }

  #observed(event: EventName, phases: Phases, context: { stanza?: Stanza }, outcome: Outcome): Awaitable<Outcome> {
    if (phases.observe.length === 0) return outcome;
    const seen = this.#observers(event, phases, context, 0);
    return isPromise(seen) ? seen.then(() => outcome) : outcome;
  }

  #observers(event: EventName, phases: Phases, context: { stanza?: Stanza }, from: number): Awaitable<void> {
    for (let at = from; at < phases.observe.length; at++) {
      try {
        const seen = phases.observe[at]?.(context);
        if (isPromise(seen)) {
          return seen
            .catch((error: unknown) => this.#failed(event, error))
            .then(() => this.#observers(event, phases, context, at + 1));
        }
      } catch (error) {
        this.#failed(event, error);
      }
    }
  }

  #failed(event: EventName, error: unknown): void {
    this.#log.error({ err: error, event }, 'an observer failed');
  }
}
