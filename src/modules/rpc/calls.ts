/** docs/protocol/rpc.md §4: a call, from the session to an instance of the backend and back */
import {
  type ClientSession,
  type Clock,
  type Logger,
  type RpcAnswer,
  type RpcCall,
  RpcFault,
  type RpcRequest,
  StanzaError,
} from '#core';
import { attempt, Late, type Terms } from './attempt.ts';
import { callerHeaders } from './caller-headers.ts';
import type { RpcConfig } from './config.ts';
import type { Place } from './places.ts';
import { checkAnswer, checkCall } from './rules.ts';
import type { Service, Services } from './services.ts';

const DONE: RpcAnswer = { code: 0, text: '', body: new Uint8Array(0), headers: new Map() };

export class Calls {
  readonly #services: Services;
  readonly #config: RpcConfig;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** Present for those that have calls under way. */
  readonly #bySession = new Map<ClientSession, number>();
  #underWay = 0;

  constructor(services: Services, config: RpcConfig, clock: Clock, log: Logger) {
    this.#services = services;
    this.#config = config;
    this.#clock = clock;
    this.#log = log;
  }

  async call(session: ClientSession, call: RpcCall): Promise<RpcAnswer> {
    checkCall(call, this.#config);
    const service = this.#services.named(call.service);
    if (service === undefined) throw new StanzaError('item-not-found', `there is no service ${call.service}`);
    this.#enter(session);
    const done = this.#carryOut(session, service, call).finally(() => this.#leave(session));
    if (!call.oneWay) return done;
    // What becomes of it is in the log.
    done.catch(() => {});
    return DONE;
  }

  #enter(session: ClientSession): void {
    const { calls, calls_per_session } = this.#config;
    const own = this.#bySession.get(session) ?? 0;
    if (own >= calls_per_session)
      throw new StanzaError('resource-constraint', `at most ${calls_per_session} calls at once`);
    if (this.#underWay >= calls) throw new StanzaError('resource-constraint', 'too many calls are under way');
    this.#bySession.set(session, own + 1);
    this.#underWay++;
  }

  #leave(session: ClientSession): void {
    const left = (this.#bySession.get(session) ?? 1) - 1;
    if (left === 0) this.#bySession.delete(session);
    else this.#bySession.set(session, left);
    this.#underWay--;
  }

  /** @throws StanzaError */
  async #carryOut(session: ClientSession, service: Service, call: RpcCall): Promise<RpcAnswer> {
    const { method, body, oneWay = false } = call;
    const given = call.timeoutMs ? Math.min(call.timeoutMs, service.timeoutMs) : service.timeoutMs;
    const until = this.#clock.now() + given;
    const headers = new Map([...call.headers, ...callerHeaders(session, call)]);
    const request = { service: call.service, method, body, headers, oneWay, answerBytes: this.#config.answer_bytes };
    let tries = service.isIdempotent(method) ? 1 + this.#config.retries : 1;
    let timeoutMs = given;
    for (let last: Place | undefined; ; ) {
      const place = service.places.choose(last);
      if (place === undefined) throw unavailable(call);
      try {
        return await attempt(place, { ...request, timeoutMs }, this.#terms(timeoutMs === service.timeoutMs));
      } catch (error) {
        this.#tell(place, request, error);
        tries--;
        timeoutMs = until - this.#clock.now();
        if (tries === 0 || timeoutMs <= 0 || !mayWorkElsewhere(error)) throw refusal(call, error);
        last = place;
      }
    }
  }

  #terms(isFullTime: boolean): Terms {
    return { clock: this.#clock, isFullTime, check: (answer) => checkAnswer(answer, this.#config) };
  }

  #tell(
    { instance }: Place,
    { service, method, headers }: Pick<RpcRequest, 'service' | 'method' | 'headers'>,
    err: unknown,
  ): void {
    const at = { err, call: `${service}/${method}`, instance: instance.name, trace: headers.get('tharsis-trace') };
    this.#log[levelOf(err)](at, 'a call failed');
  }
}

function mayWorkElsewhere(error: unknown): boolean {
  return error instanceof RpcFault && error.kind !== 'oversized';
}

/** What is neither a fault of the instance nor the impatience of the client is a bug of the backend. */
function levelOf(error: unknown): 'debug' | 'warn' | 'error' {
  if (error instanceof Late) return error.isFullTime ? 'warn' : 'debug';
  if (error instanceof RpcFault) return error.kind === 'oversized' ? 'debug' : 'warn';
  return 'error';
}

/** What the client is told: nothing of how the service is reached. */
function refusal(call: RpcCall, cause: unknown): StanzaError {
  if (cause instanceof Late)
    return new StanzaError('remote-server-timeout', `${call.service} takes too long`, { cause });
  if (cause instanceof RpcFault && cause.kind === 'oversized')
    return new StanzaError('policy-violation', `the headers are longer than ${call.service} takes`, { cause });
  if (cause instanceof RpcFault && cause.kind !== 'malformed') return unavailable(call, cause);
  return new StanzaError('internal-server-error', `${call.service} gave no answer that can be passed on`, { cause });
}

function unavailable({ service }: RpcCall, cause?: unknown): StanzaError {
  return new StanzaError('recipient-unavailable', `${service} cannot be reached now`, { cause });
}
